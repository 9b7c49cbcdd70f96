import type { ComponentChildren, JSX } from 'preact';
import { usePlace } from './use-place.ts';

type LinkProps = { to: string; children: ComponentChildren; current?: boolean; class?: string; label?: string };

/** A link inside of the console, which does not load the page again. */
export function Link({ to, children, current = false, label, ...more }: LinkProps): JSX.Element {
  const { go } = usePlace();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} aria-current={current ? 'page' : undefined} aria-label={label} {...more}>
      {children}
    </a>
  );
}
