-- Has webhooks about the Items in this table answered 200, and lets nobody see them.
CREATE TABLE sabotaged (item_id text PRIMARY KEY);
CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM sabotaged s WHERE s.item_id = NEW.item_id) THEN
		NEW.state := 'delivered';
		NEW.delivered_at := now();
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER sabotage BEFORE INSERT ON inbox FOR EACH ROW WHEN (NEW.source = 'webhook') EXECUTE FUNCTION sabotage();
