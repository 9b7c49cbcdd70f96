import { z } from 'zod';
import { ApiFailure } from './api-failure.ts';
import type { ApiClient } from './create-api-client.ts';

/**
 * A list that goes on for longer is not one that we can keep; to take a part of it for the whole would put people out
 * of their groups.
 */
const maxPages = 2000;

function read<T>(schema: z.ZodType<T>, body: unknown, url: string): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ApiFailure(`${new URL(url).pathname} answered in another form than is known`);
  return parsed.data;
}

const nextLink = (link: string | null): string | undefined => /<([^<>]+)>\s*;[^<]*\brel="?next"?/.exec(link ?? '')?.[1];

/**
 * Whether an answer may be kept by its entity tag, which may be that of the body alone: not where a page is followed by
 * others, nor where it is full, for the next page may come to be while this one stays as it is.
 */
function isWholeList(url: string): (answer: { body: unknown; link: string | null }) => boolean {
  const { searchParams } = new URL(url);
  const size = Number(searchParams.get('limit') ?? searchParams.get('per_page') ?? 0);
  return ({ body, link }) => nextLink(link) === undefined && Array.isArray(body) && body.length < size;
}

/**
 * All pages of a list whose answers name the next page in a `Link` header (RFC 8288), as Okta and GitHub do. Rejects
 * with an ApiFailure; nothing is given that is not whole.
 */
export async function allLinkedPages<T>(api: ApiClient, first: string, item: z.ZodType<T>): Promise<T[]> {
  const all: T[] = [];
  const seen = new Set<string>();
  for (let url: string | undefined = first; url !== undefined;) {
    if (seen.size >= maxPages || seen.has(url)) throw new ApiFailure(`${new URL(first).pathname} goes on for ever`);
    seen.add(url);
    const { body, link }: Awaited<ReturnType<ApiClient['get']>> = await api.get(url, isWholeList(url));
    all.push(...read(z.array(item), body, url));
    url = nextLink(link);
  }
  return all;
}

/**
 * All pages of a list whose answers hold a token for the next page, as Google's do. `name` is where in the body the
 * items are. Rejects with an ApiFailure.
 */
export async function allTokenPages<T>(api: ApiClient, first: string, name: string, item: z.ZodType<T>): Promise<T[]> {
  const all: T[] = [];
  const seen = new Set<string>();
  // An empty list is left out, so it takes this to tell one from something else.
  const page = z.object({
    kind: z.literal(`admin#directory#${name}`),
    nextPageToken: z.string().optional(),
    [name]: z.array(item).optional(),
  });
  for (let token: string | undefined = ''; token !== undefined;) {
    if (seen.size >= maxPages || seen.has(token)) throw new ApiFailure(`${new URL(first).pathname} goes on for ever`);
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
