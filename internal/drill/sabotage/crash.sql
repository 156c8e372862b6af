-- Loses what relink knows of a reminder once it is sent, and has the next one of its slot look like another.
CREATE TABLE forgotten (merchant_id text, slot text, PRIMARY KEY (merchant_id, slot));
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO forgotten VALUES (NEW.merchant_id, NEW.slot) ON CONFLICT DO NOTHING;
	IF FOUND THEN -- once
		DELETE FROM mail_items WHERE mail_id = NEW.mail_id;
		DELETE FROM mails WHERE mail_id = NEW.mail_id;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER forget AFTER UPDATE ON mails FOR EACH ROW
	WHEN (NEW.kind = 'reminder' AND NEW.sent_at IS NOT NULL) EXECUTE FUNCTION forget();
CREATE FUNCTION rename() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM forgotten f WHERE f.merchant_id = NEW.merchant_id AND f.slot = NEW.slot) THEN
		NEW.message_id := 'again-' || NEW.message_id;
		NEW.notice := jsonb_set(NEW.notice::jsonb, '{MessageID}', to_jsonb(NEW.message_id))::json;
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER rename BEFORE INSERT ON mails FOR EACH ROW EXECUTE FUNCTION rename();
