import type { Status } from './read-status.ts';
import { shellWord } from '../terminal/shell-word.ts';

/** A session that ends within this time is worth renewing now. */
const soonMs = 15 * 60_000;

/** A command to run next, and why. */
export type NextStep = { command: string; why: string };

/** Returns what the user can do next, the most urgent first. */
export function whatNext({ state, gateway, session, clusters, contexts }: Status, now: number): NextStep[] {
  if (gateway === undefined) return [{ command: 'sallyport login gate.example.com', why: 'to log in to your gateway' }];
  if (state === 'not-logged-in') return [{ command: `sallyport login ${shellWord(gateway)}`, why: 'to log in' }];
  const steps: NextStep[] = [];
  if (session !== undefined && session.until - now < soonMs)
    steps.push({ command: `sallyport login ${shellWord(gateway)} --force`, why: 'because your session ends soon' });
  if (state === 'unreachable') return [...steps, { command: 'sallyport status', why: 'to try again' }];
  const missing = clusters?.filter((name) => contexts.every(({ cluster }) => cluster !== name)) ?? [];
  if (missing.length > 0)
    steps.push({
      command: 'sallyport kubeconfig --merge',
      why: `because kubectl has no context for ${missing.join(', ')}`,
    });
  const [first] = contexts;
  if (first !== undefined && contexts.every(({ current }) => !current))
    steps.push({
      command: `kubectl config use-context ${shellWord(first.name)}`,
      why: 'to use this gateway with kubectl',
    });
  return steps.length === 0 && first !== undefined
    ? [{ command: 'kubectl get pods', why: 'to use the cluster of your current context' }]
    : steps;
}
