package wording

import "relink/internal/item"

func german() table {
	return table{
		broken: map[item.Cause]Trouble{
			item.Credentials: {
				Happened: "{bank} nimmt die gespeicherte Anmeldung nicht mehr an. Meist liegt das an einem geänderten Passwort.",
				Todo:     "Melden Sie sich dort noch einmal an, mit demselben Benutzernamen wie bisher. Das dauert etwa eine Minute.",
				Headline: "{bank} nimmt die gespeicherte Anmeldung nicht mehr an",
				Meaning:  "Meist liegt das an einem geänderten Passwort.",
				Do:       "Melden Sie sich noch einmal an, mit demselben Benutzernamen wie bisher. Das dauert etwa eine Minute.",
			},
			item.MFA: {
				Happened: "{bank} verlangt einen neuen Einmalcode, bevor wieder Daten kommen.",
				Todo:     "Melden Sie sich an und geben Sie den Code ein, den {bank} Ihnen schickt. Halten Sie Ihr Telefon bereit.",
				Headline: "{bank} verlangt einen neuen Einmalcode",
				Meaning:  "Ihre Bank prüft von Zeit zu Zeit, ob Sie es noch sind.",
				Do:       "Melden Sie sich an und geben Sie den Code ein, den {bank} Ihnen schickt. Halten Sie Ihr Telefon bereit.",
			},
			item.ConsentExpired: {
				Happened: "Die Erlaubnis, die Sie für {bank} erteilt haben, ist abgelaufen. Banken fragen von Zeit zu Zeit neu danach.",
				Todo:     "Melden Sie sich dort an und bestätigen Sie die Erlaubnis noch einmal.",
				Headline: "Ihre Erlaubnis für {bank} ist abgelaufen",
				Meaning:  "Banken fragen von Zeit zu Zeit neu nach der Erlaubnis.",
				Do:       "Melden Sie sich an und bestätigen Sie die Erlaubnis noch einmal. Das dauert etwa eine Minute.",
			},
			item.ConsentRevoked: {
				Happened: "Die Erlaubnis für {bank}, uns dieses Konto zu zeigen, wurde zurückgezogen.",
				Todo:     "Wenn das nicht in Ihrem Sinn war, melden Sie sich dort an und erteilen Sie die Erlaubnis noch einmal. Wenn doch, brauchen Sie nichts zu tun.",
				Headline: "Die Erlaubnis für {bank} wurde zurückgezogen",
				Meaning:  "Jemand mit Zugang zu Ihrem Konto hat das Teilen beendet.",
				Do:       "Wenn das nicht in Ihrem Sinn war, melden Sie sich an und erteilen Sie die Erlaubnis noch einmal. Wenn doch, können Sie diese Seite schließen.",
			},
			item.AccountsMissing: {
				Happened: "{bank} teilt die Konten nicht mehr, die Sie ausgewählt hatten.",
				Todo:     "Melden Sie sich dort an und wählen Sie dieselben Konten noch einmal aus.",
				Headline: "{bank} teilt die Konten nicht mehr, die Sie ausgewählt hatten",
				Meaning:  "Die Anmeldung gelingt noch, aber die Konten fehlen darin.",
				Do:       "Melden Sie sich an und wählen Sie dieselben Konten noch einmal aus.",
			},
			item.BankAction: {
				Happened: "{bank} braucht zuerst etwas von Ihnen: zum Beispiel, dass Sie Ihren Zugang entsperren oder ein neues Passwort setzen.",
				Todo:     "Melden Sie sich auf der Website oder in der App der Bank an und tun Sie, worum {bank} Sie bittet. Kommen Sie dann zu dieser Mail zurück und stellen Sie die Verbindung wieder her.",
				Headline: "{bank} braucht zuerst etwas von Ihnen",
				Meaning:  "Zum Beispiel, dass Sie Ihren Zugang entsperren oder ein neues Passwort setzen.",
				Do:       "Melden Sie sich auf der Website oder in der App der Bank an und tun Sie, worum {bank} Sie bittet. Kommen Sie dann auf diese Seite zurück und stellen Sie die Verbindung wieder her.",
			},
			item.ConsentExpiring: {
				Happened: "Die Erlaubnis, die Sie für {bank} erteilt haben, stand kurz vor dem Ablauf, und {bank} teilt Ihr Konto nicht mehr.",
				Todo:     "Melden Sie sich dort an und bestätigen Sie die Erlaubnis noch einmal.",
				Headline: "Ihre Erlaubnis für {bank} stand kurz vor dem Ablauf",
				Meaning:  "Die Bank teilt Ihr Konto nicht mehr.",
				Do:       "Melden Sie sich an und bestätigen Sie die Erlaubnis noch einmal. Das dauert etwa eine Minute.",
			},
			item.Migration: {
				Happened: "{bank} hat auf eine neue Art der Anmeldung umgestellt, und die alte funktioniert nicht mehr.",
				Todo:     "Melden Sie sich dort noch einmal an, auf die neue Art. Das dauert etwa eine Minute.",
				Headline: "{bank} hat auf eine neue Art der Anmeldung umgestellt",
				Meaning:  "Die alte funktioniert nicht mehr.",
				Do:       "Melden Sie sich noch einmal an, auf die neue Art. Das dauert etwa eine Minute.",
			},
			item.NotSupported: {
				Happened: "{bank} unterstützt die Verbindung in ihrer bisherigen Form nicht mehr.",
				Todo:     "Melden Sie sich dort noch einmal an: Manchmal genügt das. Wenn es nicht gelingt, verbinden Sie {bank} ganz von vorn, dort, wo Sie es beim ersten Mal getan haben.",
				Headline: "{bank} unterstützt diese Verbindung nicht mehr",
				Meaning:  "In ihrer bisherigen Form kann sie nicht bestehen bleiben.",
				Do:       "Melden Sie sich noch einmal an: Manchmal genügt das. Wenn es nicht gelingt, verbinden Sie {bank} ganz von vorn, dort, wo Sie es beim ersten Mal getan haben.",
			},
			item.Gone: {
				Happened: "{bank} ist nicht mehr verbunden, und die Verbindung lässt sich nicht reparieren.",
				Todo:     "Verbinden Sie {bank} ganz von vorn, dort, wo Sie es beim ersten Mal getan haben.",
				Headline: "{bank} ist nicht mehr verbunden",
				Meaning:  "Die Verbindung wurde beendet, hier oder bei der Bank, und lässt sich nicht reparieren.",
				Do:       "Verbinden Sie {bank} ganz von vorn, dort, wo Sie es beim ersten Mal getan haben.",
			},
		},
		anyBroken: Trouble{
			Happened: "{bank} teilt Ihr Konto nicht mehr.",
			Todo:     "Melden Sie sich dort noch einmal an. Das dauert etwa eine Minute.",
			Headline: "{bank} teilt Ihr Konto nicht mehr",
			Meaning:  "Damit es weitergeht, müssen Sie sich neu anmelden.",
			Do:       "Melden Sie sich noch einmal an. Das dauert etwa eine Minute.",
		},
		ending: map[item.Cause]Trouble{
			item.ConsentExpiring: {
				Happened: "Die Erlaubnis, die Sie für {bank} erteilt haben, läuft {ends} ab. Bis dahin funktioniert alles weiter.",
				Todo:     "Melden Sie sich dort an und bestätigen Sie die Erlaubnis noch einmal, bevor sie abläuft.",
				Headline: "Ihre Erlaubnis für {bank} läuft bald ab",
				Meaning:  "Banken fragen von Zeit zu Zeit neu nach der Erlaubnis.",
				Do:       "Melden Sie sich an und bestätigen Sie die Erlaubnis noch einmal. Das dauert etwa eine Minute.",
			},
			item.Migration: {
				Happened: "{bank} stellt auf eine neue Art der Anmeldung um. Ihre jetzige Verbindung endet {ends}. Bis dahin funktioniert alles weiter.",
				Todo:     "Melden Sie sich dort noch einmal an, auf die neue Art. Das dauert etwa eine Minute.",
				Headline: "{bank} stellt auf eine neue Art der Anmeldung um",
				Meaning:  "Ihre jetzige Verbindung endet mit der alten Art.",
				Do:       "Melden Sie sich noch einmal an, auf die neue Art. Das dauert etwa eine Minute.",
			},
		},
		anyEnding: Trouble{
			Happened: "{bank} bleibt nicht verbunden: Die Verbindung endet {ends}. Bis dahin funktioniert alles weiter.",
			Todo:     "Melden Sie sich dort noch einmal an, bevor sie endet. Das dauert etwa eine Minute.",
			Headline: "Die Verbindung endet bald: {bank}",
			Meaning:  "Die Bank möchte, dass Sie sich neu anmelden.",
			Do:       "Melden Sie sich noch einmal an. Das dauert etwa eine Minute.",
		},
	}
}
