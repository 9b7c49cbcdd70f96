import { explanationSchema, type SallyportPart } from '@sallyport/contracts';
import { clientText } from '../../credential/client-text.ts';
import { learnKind } from '../../authorize/learn-kind.ts';
import type { ApiWork } from '../calls/audited-call.ts';
import { checkForQuestion, type AskingDeps, readQuestion, type Question } from './read-question.ts';
import { readJsonBody, readAnswer } from '../calls/read-body.ts';

const maxBodyBytes = 128 * 1024;
const timeoutMs = 5000;

function eventOf({ question, kubernetes }: Question): NonNullable<SallyportPart['explained']> {
  const { verb, apiGroup, resource, subresource, namespace, name, path, isResourceRequest } = kubernetes;
  const part = (key: string, text: string) => (text === '' ? {} : { [key]: clientText(text) });
  const what = isResourceRequest
    ? part(
        'resource',
        `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`,
      )
    : part('path', path);
  return {
    cluster: clientText(question.cluster),
    verb: clientText(verb),
    ...what,
    ...part('namespace', namespace),
    ...part('name', name),
    ...part('about', question.about?.user ?? ''),
  };
}

/**
 * Handles `POST .../policy/explain`: why a request of the caller would be allowed or refused. Asking about another user
 * needs a right in `api.policy`.
 */
export function createExplain(deps: AskingDeps): ApiWork {
  return async (request, _caller, context) => {
    const asked = readQuestion(await readJsonBody(request, maxBodyBytes));
    const event = eventOf(asked);
    context.recordExplained(event);
    const { about, cluster } = asked.question;
    const ask = (kubernetes: Question['kubernetes']) =>
      deps.authorize.request({
        method: 'POST',
        path: '/v1/explain',
        body: {
          check: checkForQuestion(cluster, { ...asked, kubernetes }, request, context, deps),
          ...(about ? { about } : {}),
        },
        timeoutMs,
      });
    // A cluster is asked about the kind for those only who may know of the cluster.
    let answer = await ask(asked.kubernetes);
    const kubernetes = await learnKind(asked.kubernetes, deps.kindsOf?.(cluster));
    if (kubernetes !== asked.kubernetes) answer = await ask(kubernetes);
    const explanation = readAnswer(explanationSchema, answer, 'The explanation');
    const { decision, shows } = explanation;
    const { effect, rule, ruleName } = decision;
    context.recordExplained({ ...event, effect, rule, ...(ruleName === undefined ? {} : { ruleName }), shows });
    return { status: 200, body: explanation };
  };
}
