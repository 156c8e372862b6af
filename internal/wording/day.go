package wording

import (
	"fmt"
	"time"
)

// Day is a day with its weekday, as it stands after "on": "Sunday, November 29", "domingo 29 de noviembre", "dimanche 29
// novembre", "29. November (Sonntag)". The zone is the time's own.
func Day(l Locale, t time.Time) string {
	switch l {
	case Spanish:
		return spanishWeekdays[t.Weekday()] + " " + Date(l, t)
	case French:
		return frenchWeekdays[t.Weekday()] + " " + Date(l, t)
	case German:
		return Date(l, t) + " (" + germanWeekdays[t.Weekday()] + ")"
	case English:
	}
	return t.Format("Monday, January 2")
}

// Date is a day without its weekday: "November 29", "29 de noviembre", "1er décembre", "29. November".
func Date(l Locale, t time.Time) string {
	day, month := t.Day(), t.Month()-1
	switch l {
	case Spanish:
		return fmt.Sprintf("%d de %s", day, spanishMonths[month])
	case French:
		if day == 1 {
			return "1er " + frenchMonths[month]
		}
		return fmt.Sprintf("%d %s", day, frenchMonths[month])
	case German:
		return fmt.Sprintf("%d. %s", day, germanMonths[month])
	case English:
	}
	return t.Format("January 2")
}

var (
	spanishWeekdays = [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"}
	frenchWeekdays  = [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	germanWeekdays  = [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}

	spanishMonths = [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}
	frenchMonths  = [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	germanMonths  = [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
)
