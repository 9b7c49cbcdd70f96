import { isOfPerson } from '../criteria/find-criterion.ts';
import type { Steps } from '../document/run-steps.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import { isOpen } from '../language/verdict.ts';

type Watched = { readonly input: PolicyInput; wasRead: boolean };

/**
 * Returns an input that records whether the request is read. The request is not known yet, so the result of an
 * expression that reads it is not known either. The cluster is known.
 */
function watchRequest(from: PolicyInput): Watched {
  const noted = {
    enumerable: true,
    get: () => {
      watched.wasRead = true;
      return undefined;
    },
  };
  // An expression reads all members of each. No other criterion about users reads these two.
  const request = Object.create(from.request ?? {}, { method: noted }) as PolicyInput['request'];
  const kubernetes = Object.create(from.kubernetes ?? {}, { labelSelector: noted }) as PolicyInput['kubernetes'];
  const watched: Watched = { input: { ...from, request, kubernetes }, wasRead: false };
  return watched;
}

/**
 * What is certain about an alternative from the user alone, for any request: that it holds, that it fails, or
 * neither.
 */
function evaluateForUser(
  { criteria, labels, every, invert }: Alternative,
  watched: Watched,
): 'holds' | 'fails' | 'open' {
  let open = false;
  for (let index = 0; index < criteria.length; index += 1) {
    watched.wasRead = false;
    const label = labels[index] ?? '';
    const verdict = isOfPerson(label) || label === 'k8s/cluster' ? criteria[index]!(watched.input) : undefined;
    if (verdict === undefined || watched.wasRead || isOpen(verdict)) {
      open = true;
      continue;
    }
    const itself = verdict > 0;
    const isTrue = invert ? !itself : itself;
    // If all parts must be true, one false part decides. If one is enough, one true part decides.
    if (isTrue !== every) return every ? 'fails' : 'holds';
  }
  if (open) return 'open';
  return every ? 'holds' : 'fails';
}

/**
 * Determines in steps whether any request of this user could be allowed. Yields after each alternative, so that the
 * caller can pause, and returns the answer. Only criteria that distinguish users or clusters are evaluated; the others
 * count as possible. For what a user may know of, never for a decision.
 */
export function* mayReach(policies: readonly CompiledPolicy[], input: PolicyInput): Steps<boolean> {
  const watched = watchRequest(input);
  for (const { deny } of policies) {
    for (const alternative of deny) {
      if (evaluateForUser(alternative, watched) === 'holds') return false;
      yield;
    }
  }
  for (const { allow } of policies) {
    for (const alternative of allow) {
      if (evaluateForUser(alternative, watched) !== 'fails') return true;
      yield;
    }
  }
  return false;
}

const readsCluster = new Set(['k8s/cluster', 'expression']);

/** Reports whether the result of a policy may differ between clusters. An expression may read anything. */
export function dependsOnCluster({ allow, deny }: CompiledPolicy): boolean {
  return [...allow, ...deny].some(({ labels }) => labels.some((label) => readsCluster.has(label)));
}

/** A request to a web application, as far as the person who makes it chooses it. */
export type NamedRequest = { readonly method: string; readonly path: string };

const frontPage: NamedRequest = { method: 'GET', path: '/' };
/** Each is evaluated until one is allowed, so the policies must not make them many. */
const maxRequests = 32;

/** Returns the texts that the data of a string matcher names. */
function textsOf(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  const { is, in: among, starts_with: start } = (data ?? {}) as Record<string, unknown>;
  return [is, start, ...(Array.isArray(among) ? (among as unknown[]) : [])].filter((one) => typeof one === 'string');
}

/** What the criteria with this name say in a rule, or the given text if there are none. */
function namedBy({ labels, data }: Alternative, criterion: string, otherwise: string): string[] {
  const texts = labels.flatMap((label, index) => (label === criterion ? textsOf(data[index]) : []));
  return texts.length === 0 ? [otherwise] : texts;
}

/**
 * Returns requests by which policies for a web application can be asked whether a person may use it: that for the front
 * page, then those with the methods and paths that the allow rules name. If one of them is allowed, the person may surely
 * use the application. If none is, the policies allow nothing to the person, or only what cannot be read from their rules,
 * such as a path that contains something.
 */
export function namedRequests(policies: readonly CompiledPolicy[]): readonly NamedRequest[] {
  const found = new Map([['GET /', frontPage]]);
  for (const { allow } of policies)
    for (const alternative of allow) {
      if (alternative.invert) continue;
      for (const path of namedBy(alternative, 'http_path', frontPage.path))
        for (const method of namedBy(alternative, 'http_method', frontPage.method)) {
          if (found.size === maxRequests) return [...found.values()];
          if (path.startsWith('/')) found.set(`${method} ${path}`, { method, path });
        }
    }
  return [...found.values()];
}
