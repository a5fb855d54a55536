import { useState } from 'react';
import type { Job } from '#contracts';
import { CopyButton } from '../parts/copy-button';
import { SNIPPETS, snippetOf } from './snippets';

export function JobSnippets({ job }: { readonly job: Job }) {
  const [kind, setKind] = useState<(typeof SNIPPETS)[number]>('curl');
  const text = snippetOf(kind, job, location.origin);
  return (
    <div className="snippets">
      <div className="snippets-head">
        <div className="choices" role="group" aria-label="Language">
          {SNIPPETS.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === kind}
              onClick={() => setKind(name)}
            >
              {name}
            </button>
          ))}
        </div>
        <CopyButton text={text} what={`the ${kind} snippet`} />
      </div>
      <pre className="code" tabIndex={0} aria-label={`${kind} snippet`}>
        {text}
      </pre>
    </div>
  );
}
