import { createdServiceAccountSchema } from '@sallyport/contracts/answers';
import { dayMs } from '@sallyport/contracts/text';
import type { JSX } from 'preact';
import { useQuestion } from '../../gateway/use-question.ts';
import { Command } from '../../parts/command.tsx';
import { Note, Shown } from '../../parts/shown.tsx';

const lifetimes = [1, 30, 90, 365];
const usualDays = 90;

/** Creates a service account. Its token is in this page only until it is left. */
export function NewAccount({ done }: { done: () => Promise<unknown> }): JSX.Element {
  const question = useQuestion(createdServiceAccountSchema);
  const create = async (form: HTMLFormElement) => {
    const { name, groups, days } = Object.fromEntries(new FormData(form)) as Record<'name' | 'groups' | 'days', string>;
    const body = { name, groups: groups.split(/[\s,]+/).filter(Boolean), lifetimeMs: Number(days) * dayMs };
    await question.ask('/service-accounts', body);
    await done();
  };
  const { value, fault, busy } = question;
  return (
    <details>
      <summary>Create a service account</summary>
      <form
        class="filters"
        aria-label="Create a service account"
        onSubmit={(event) => {
          event.preventDefault();
          void create(event.currentTarget);
        }}
      >
        <div class="fields">
          <label>
            Name
            <input name="name" required autocomplete="off" spellcheck={false} placeholder="deployer" />
          </label>
          <label>
            Groups, of which you are a member
            <input name="groups" required autocomplete="off" spellcheck={false} placeholder="developers" />
          </label>
          <label>
            Ends after
            <select name="days">
              {lifetimes.map((days) => (
                <option key={days} value={days} selected={days === usualDays}>
                  {days === 1 ? '1 day' : `${days} days`}
                </option>
              ))}
            </select>
          </label>
        </div>
        <p>
          <button type="submit" class="main" disabled={busy}>
            {busy ? 'Waiting for the gateway …' : 'Create'}
          </button>
        </p>
      </form>
      {fault === undefined ? null : (
        <Note tone="bad">
          <Shown text={fault} most={1000} />
        </Note>
      )}
      {value ? (
        <div aria-live="polite">
          <p>
            This is the token of <Shown text={value.serviceAccount.user} />. Store it now: it is not shown again.
          </p>
          <Command text={value.token} label="Copy the token" />
        </div>
      ) : null}
    </details>
  );
}
