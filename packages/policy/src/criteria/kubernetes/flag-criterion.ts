import { kindOf } from '../../compile/plain-object.ts';
import type { Criterion, CriterionDoc } from '../../language/criterion.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { Reason } from '../../language/reasons.ts';
import { fail, pass } from '../../language/verdict.ts';

type FlagCriterionOptions = {
  readonly name: string;
  readonly reason: string;
  /** Undefined if the question does not apply: then neither true nor false matches. */
  readonly read: (input: PolicyInput) => boolean | undefined;
  readonly doc: Pick<CriterionDoc, 'summary'>;
};

/** Creates a criterion that holds if a property is present (`true`) or absent (`false`). */
export function createFlagCriterion({ name, reason, read, doc }: FlagCriterionOptions): Criterion {
  const [okReason, failReason] = [`${reason}-ok` as Reason, `${reason}-unauthorized` as Reason];
  const [ok, unauthorized] = [pass(okReason), fail(failReason)];
  return {
    name,
    doc: { ...doc, data: '`true` or `false`', example: true, source: 'Sallyport', reasons: [okReason, failReason] },
    schema: { type: 'boolean' },
    value: read,
    compile(data, _subpath, { path, faults }) {
      if (typeof data === 'boolean') return (input) => (read(input) === data ? ok : unauthorized);
      faults.add(path, `must be true or false, not ${kindOf(data)}`);
      return undefined;
    },
  };
}
