import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Shown } from './shown.tsx';

/** A command with a button that copies it. */
export function Command({ text, label = `Copy ${text}` }: { text: string; label?: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard?.writeText(text).then(() => setCopied(true));
  return (
    <div class="line">
      <code class="command">
        <Shown text={text} most={1000} />
      </code>
      <button type="button" class="small" aria-label={label} onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
