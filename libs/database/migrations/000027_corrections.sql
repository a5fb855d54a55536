-- What people say that an answer should have been: one for each answer, the last that was said. `prompt` is what was
-- asked and `suffix` what a model must learn to write, so that a line to train on is there as it stands.
CREATE TABLE corrections (
  job_id        uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  n             integer NOT NULL,
  task          smallint NOT NULL,
  prompt        text NOT NULL,
  text          text,
  boxes         jsonb,
  suffix        text NOT NULL,
  corrected_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job_id, n, task),
  CHECK ((text IS NULL) <> (boxes IS NULL))
);
