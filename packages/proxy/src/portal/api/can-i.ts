import { canIAnswerSchema, canIQuestionSchema } from '@sallyport/contracts';
import { clientText } from '../../credential/client-text.ts';
import { learnKind } from '../../authorize/learn-kind.ts';
import type { ApiWork } from '../calls/audited-call.ts';
import { checkForQuestion, type AskingDeps, readQuestion, type Question } from './read-question.ts';
import { readAnswer, readJsonAs } from '../calls/read-body.ts';

const maxBodyBytes = 128 * 1024;
const timeoutMs = 5000;

/**
 * Handles `POST .../policy/can-i`: which of many requests would be allowed if the caller made them now. The answers are
 * yes or no, as making the requests would show. `explain` gives the reasons.
 */
export function createCanI(deps: AskingDeps): ApiWork {
  return async (request, _caller, context) => {
    const { cluster, namespace, requests } = await readJsonAs(canIQuestionSchema, request, maxBodyBytes);
    const place = namespace === undefined ? {} : { namespace };
    const asked = requests.map((one) => readQuestion({ cluster, ...place, ...one }));
    context.recordExplained({
      cluster: clientText(cluster),
      verb: 'many',
      ...(namespace === undefined ? {} : { namespace: clientText(namespace) }),
    });
    const ask = (questions: readonly Question[]) =>
      deps.authorize.request({
        method: 'POST',
        path: '/v1/can-i',
        body: {
          check: checkForQuestion(cluster, questions[0]!, request, context, deps),
          requests: questions.map(({ method, kubernetes }) => ({ method, kubernetes })),
        },
        timeoutMs,
      });
    // A cluster is asked about kinds for those only who may know of the cluster.
    let answer = await ask(asked);
    const kinds = deps.kindsOf?.(cluster);
    const questions = await Promise.all(
      asked.map(async (one) => ({ ...one, kubernetes: await learnKind(one.kubernetes, kinds) })),
    );
    if (questions.some(({ kubernetes }, index) => kubernetes !== asked[index]!.kubernetes))
      answer = await ask(questions);
    const isWhole = ({ allowed }: { allowed: unknown[] }) => allowed.length === questions.length;
    return { status: 200, body: readAnswer(canIAnswerSchema, answer, 'The answer', { isWhole }) };
  };
}
