import {
  apiAreas,
  maxImpersonationTargets,
  type ApiArea,
  type Check,
  type CheckCredential,
  type CheckTarget,
  type KubernetesAttributes,
} from '@sallyport/contracts';
import { parseTraceparent, ProblemError, type SpanReference } from '@sallyport/kit';

// A hand-written validator for checkRequestSchema, because it runs for every request.

const maxChecks = 1024;
type Fields = Record<string, unknown>;

function refuse(path: string, must: string): never {
  throw new ProblemError('bad-request', `${path} must be ${must}.`);
}
function readObject(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object');
  return value as Fields;
}
function readText(fields: Fields, name: string, path: string): string {
  const value = fields[name];
  if (typeof value !== 'string') refuse(`${path}.${name}`, 'a string');
  return value;
}
function readOptional<Type extends 'string' | 'boolean'>(fields: Fields, name: string, type: Type, path: string): void {
  const value = fields[name];
  if (value !== undefined && typeof value !== type) refuse(`${path}.${name}`, `a ${type}`);
}
function readFlag(fields: Fields, name: string, path: string): void {
  if (typeof fields[name] !== 'boolean') refuse(`${path}.${name}`, 'a boolean');
}

/** Reports whether a text is base64url of 32 bytes. */
function isHash(text: string): boolean {
  return text.length === 43 && /^[A-Za-z0-9_-]{43}$/.test(text);
}

function readCredential(value: unknown, path: string): CheckCredential {
  const fields = readObject(value, path);
  const { kind } = fields;
  if (kind === 'none') return { kind };
  if (kind !== 'token') refuse(`${path}.kind`, 'none or token');
  const hash = readText(fields, 'hash', path);
  if (!isHash(hash)) refuse(`${path}.hash`, 'a SHA-256 in base64url');
  const { application } = fields;
  if (application === undefined) return { kind: 'token', hash };
  if (typeof application !== 'string' || application === '')
    refuse(`${path}.application`, 'a string that is not empty');
  return { kind: 'token', hash, application };
}

function readTarget(value: unknown, path: string): CheckTarget {
  const fields = readObject(value, path);
  const { kind, area } = fields;
  if (kind === 'cluster') return { kind, name: readText(fields, 'name', path) };
  if (kind === 'route') return { kind, host: readText(fields, 'host', path) };
  if (kind === 'self') return { kind };
  if (kind !== 'api') refuse(`${path}.kind`, 'cluster, route, api or self');
  if (!apiAreas.includes(area as ApiArea)) refuse(`${path}.area`, `one of ${apiAreas.join(', ')}`);
  readOptional(fields, 'serviceAccount', 'string', path);
  const { serviceAccount } = fields as { serviceAccount?: string };
  return { kind: 'api', area: area as ApiArea, ...(serviceAccount === undefined ? {} : { serviceAccount }) };
}

const requiredTexts = [
  'verb',
  'requestVerb',
  'path',
  'apiGroup',
  'apiVersion',
  'resource',
  'subresource',
  'namespace',
  'name',
] as const;
/** The names of a target are read where the answer is made; here only their form counts. */
function readImpersonate(value: unknown, path: string): void {
  if (
    !Array.isArray(value) ||
    value.length === 0 ||
    value.length > maxImpersonationTargets ||
    !value.every((one) => typeof one === 'string')
  )
    refuse(path, `a list of 1 to ${maxImpersonationTargets} strings`);
}

const optionalFlags = ['dryRun', 'namespaced', 'aggregated', 'upsert', 'upgrade'] as const;

function readExec(value: unknown, path: string): void {
  const exec = readObject(value, path);
  readText(exec, 'container', path);
  readFlag(exec, 'tty', path);
  readFlag(exec, 'stdin', path);
  const { command } = exec;
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string'))
    refuse(`${path}.command`, 'a list of strings');
}

function readKubernetes(value: unknown, path: string): KubernetesAttributes {
  const fields = readObject(value, path);
  for (const name of requiredTexts) readText(fields, name, path);
  readFlag(fields, 'isResourceRequest', path);
  readOptional(fields, 'labelSelector', 'string', path);
  readOptional(fields, 'fieldSelector', 'string', path);
  for (const name of optionalFlags) readOptional(fields, name, 'boolean', path);
  if (fields['impersonate'] !== undefined) readImpersonate(fields['impersonate'], `${path}.impersonate`);
  if (fields['exec'] !== undefined) readExec(fields['exec'], `${path}.exec`);
  return fields as KubernetesAttributes;
}

function readHeaders(value: unknown, path: string): void {
  for (const [name, text] of Object.entries(readObject(value, path)))
    if (typeof text !== 'string') refuse(`${path}.${name}`, 'a string');
}

function readClientCertificate(value: unknown, path: string): void {
  const fields = readObject(value, path);
  readFlag(fields, 'presented', path);
  readOptional(fields, 'leaf', 'string', path);
  readOptional(fields, 'valid', 'boolean', path);
}

function readRequest(value: unknown, path: string): Check['request'] {
  const fields = readObject(value, path);
  for (const name of ['method', 'path', 'host', 'ip'] as const) readText(fields, name, path);
  if (fields['headers'] !== undefined) readHeaders(fields['headers'], `${path}.headers`);
  if (fields['clientCertificate'] !== undefined)
    readClientCertificate(fields['clientCertificate'], `${path}.clientCertificate`);
  return fields as Check['request'];
}

function readCheck(value: unknown, path: string): Check {
  const fields = readObject(value, path);
  const check: Check = {
    credential: readCredential(fields['credential'], `${path}.credential`),
    target: readTarget(fields['target'], `${path}.target`),
    request: readRequest(fields['request'], `${path}.request`),
  };
  readOptional(fields, 'use', 'boolean', path);
  if (fields['use'] === false) check.use = false;
  if (fields['kubernetes'] !== undefined) check.kubernetes = readKubernetes(fields['kubernetes'], `${path}.kubernetes`);
  return check;
}

/** A trace that a check belongs to: the place of the check, and the span of the gateway. */
export type TracedCheck = { check: number; parent: SpanReference };
const none: readonly TracedCheck[] = [];

/** Reads which checks are traced. What cannot be read is left out, because a trace must not decide about a request. */
function readTraces(value: unknown, count: number): readonly TracedCheck[] {
  if (!Array.isArray(value)) return none;
  const found = new Map<number, TracedCheck>();
  for (const one of value.slice(0, count) as unknown[]) {
    const { check, traceparent } = (typeof one === 'object' && one !== null ? one : {}) as Fields;
    if (typeof check !== 'number' || !Number.isInteger(check) || check < 0 || check >= count) continue;
    const parent = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
    if (parent?.sampled) found.set(check, { check, parent });
  }
  return [...found.values()];
}

/**
 * Reads the body of `POST /v1/check`. Throws `bad-request` with the first fault of a check; a batch is never answered in
 * part.
 */
export function readChecks(text: string): { checks: Check[]; traces: readonly TracedCheck[] } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ProblemError('bad-request', 'The body is not JSON.');
  }
  const { checks, traces } = readObject(body, 'the body') as { checks?: unknown; traces?: unknown };
  if (!Array.isArray(checks) || checks.length === 0 || checks.length > maxChecks)
    refuse('checks', `a list of 1 to ${maxChecks} checks`);
  return {
    checks: checks.map((check: unknown, index) => readCheck(check, `checks[${index}]`)),
    traces: traces === undefined ? none : readTraces(traces, checks.length),
  };
}
