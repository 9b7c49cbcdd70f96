import { ruleLabel } from '@sallyport/contracts/answers';
import type { ComponentChildren, JSX } from 'preact';
import { Shown } from '../../parts/shown.tsx';

/** A rule: whether it allows or denies, its name, and what `children` say of it. */
export function RuleCard(props: {
  one: { rule: string; ruleName?: string | undefined; action: 'allow' | 'deny' };
  holds?: boolean | undefined;
  note?: string | undefined;
  children: ComponentChildren;
}): JSX.Element {
  const { one, holds, note, children } = props;
  return (
    <li class={holds ? 'card holds' : 'card'}>
      <div class="line">
        <span class={`state ${one.action === 'allow' ? 'ok' : 'refused'}`}>{one.action}</span>
        <strong>
          <Shown text={ruleLabel(one)} />
        </strong>
        {note === undefined ? null : <span class="quiet">{note}</span>}
      </div>
      {children}
    </li>
  );
}
