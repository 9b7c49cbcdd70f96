import { z } from 'zod';
import type { ApiClient } from './create-api-client.ts';
import { ApiFailure } from './create-requester.ts';

/** A longer list is an error. Taking part of it for the whole would remove people from their groups. */
const maxPages = 2000;

function read<T>(schema: z.ZodType<T>, body: unknown, url: string): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ApiFailure(`${new URL(url).pathname} gave an unexpected answer`);
  return parsed.data;
}

const nextLink = (link: string | null): string | undefined => /<([^<>]+)>\s*;[^<]*\brel="?next"?/.exec(link ?? '')?.[1];

/**
 * Creates a check of whether an answer may be cached by its entity tag. The tag may cover the body alone, so a page that
 * is full or has a successor is not cached: a next page may appear while this one stays the same.
 */
function createIsWholeList(url: string): (answer: { body: unknown; link: string | null }) => boolean {
  const { searchParams } = new URL(url);
  const size = Number(searchParams.get('limit') ?? searchParams.get('per_page') ?? 0);
  return ({ body, link }) => nextLink(link) === undefined && Array.isArray(body) && body.length < size;
}

/**
 * Reads all pages of a list that names the next page in a `Link` header (RFC 8288), as Okta and GitHub do. Rejects with
 * an ApiFailure if any page is missing.
 */
export async function allLinkedPages<T>(api: ApiClient, first: string, item: z.ZodType<T>): Promise<T[]> {
  const all: T[] = [];
  const seen = new Set<string>();
  for (let url: string | undefined = first; url !== undefined;) {
    if (seen.size >= maxPages || seen.has(url))
      throw new ApiFailure(`${new URL(first).pathname} does not come to an end`);
    seen.add(url);
    const { body, link }: Awaited<ReturnType<ApiClient['get']>> = await api.get(url, createIsWholeList(url));
    all.push(...read(z.array(item), body, url));
    url = nextLink(link);
  }
  return all;
}

/**
 * Reads all pages of a list whose answers contain a token for the next page, as Google's do. `name` is the member with
 * the items. Rejects with an ApiFailure.
 */
export async function allTokenPages<T>(api: ApiClient, first: string, name: string, item: z.ZodType<T>): Promise<T[]> {
  const all: T[] = [];
  const seen = new Set<string>();
  // Google omits an empty list. `kind` tells such a page from an unrelated answer.
  const page = z.object({
    kind: z.literal(`admin#directory#${name}`),
    nextPageToken: z.string().optional(),
    [name]: z.array(item).optional(),
  });
  for (let token: string | undefined = ''; token !== undefined;) {
    if (seen.size >= maxPages || seen.has(token))
      throw new ApiFailure(`${new URL(first).pathname} does not come to an end`);
    seen.add(token);
    const url: string = token === '' ? first : `${first}&pageToken=${encodeURIComponent(token)}`;
    const body: Record<string, unknown> & { nextPageToken?: string | undefined } = read(
      page,
      (await api.get(url)).body,
      url,
    );
    all.push(...((body[name] ?? []) as T[]));
    token = body.nextPageToken === '' ? undefined : body.nextPageToken;
  }
  return all;
}
