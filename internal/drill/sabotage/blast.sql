-- Ends the guard's pause in the moment in which it begins.
CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.ended_at := now();
	RETURN NEW;
END $$;
CREATE TRIGGER sabotage BEFORE INSERT ON pauses FOR EACH ROW EXECUTE FUNCTION sabotage();
