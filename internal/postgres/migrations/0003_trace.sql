-- +goose Up

-- The W3C traceparent of the request that brought the row; empty when nothing is traced.
ALTER TABLE inbox ADD COLUMN trace text NOT NULL DEFAULT '';

-- Dead letters are counted at every scrape of the metrics.
CREATE INDEX inbox_dead ON inbox (inbox_id) WHERE state = 'dead';
