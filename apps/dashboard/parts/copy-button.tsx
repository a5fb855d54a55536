import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setCopied] = useState(false);
  const Icon = isCopied ? Check : Copy;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={isCopied ? 'Copied' : `Copy ${what}`}
      title={`Copy ${what}`}
      onBlur={() => setCopied(false)}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      <Icon size={14} aria-hidden="true" />
    </button>
  );
}
