import { readYaml, type ConfigFault } from '@sallyport/kit';
import { z } from 'zod';
import { nameFault } from '../claims/check-name.ts';
import { fold } from '../groups/keys.ts';

/** The groups of each person, by user name and by case-folded e-mail address. */
export type PeopleMap = {
  byUser: ReadonlyMap<string, readonly string[]>;
  byEmail: ReadonlyMap<string, readonly string[]>;
};

const names = z.array(z.string());
const schema = z.strictObject({
  people: z.record(z.string(), names).default({}),
  groups: z.record(z.string(), names).default({}),
});

/** Yields every name in the file with its path. */
function* namesIn(data: z.infer<typeof schema>): Generator<{ path: (string | number)[]; name: string }> {
  for (const section of ['people', 'groups'] as const) {
    for (const [key, list] of Object.entries(data[section])) {
      yield { path: [section, key], name: key };
      for (const [index, name] of list.entries()) yield { path: [section, key, index], name };
    }
  }
}

function collect({ people, groups }: z.infer<typeof schema>): PeopleMap {
  const pairs = [
    ...Object.entries(people).flatMap(([person, of]) => of.map((group) => [person, group] as const)),
    ...Object.entries(groups).flatMap(([group, members]) => members.map((person) => [person, group] as const)),
  ];
  const gather = (keys: readonly (readonly [string, string | undefined])[]) => {
    const found = new Map<string, Set<string>>();
    for (const [key, group] of keys) {
      const held = found.get(key) ?? new Set<string>();
      if (group !== undefined) held.add(group);
      found.set(key, held);
    }
    return new Map([...found].map(([key, held]) => [key, [...held]]));
  };
  // A person with an empty list is known and has no groups.
  const all = [...pairs, ...Object.keys(people).map((person) => [person, undefined] as const)];
  return {
    byUser: gather(all),
    byEmail: gather(all.filter(([person]) => person.includes('@')).map(([person, group]) => [fold(person), group])),
  };
}

/** Parses the text of a file of people and groups. Returns all faults at once, each with its place. */
export function readPeopleMap(text: string, maxBytes: number): { map: PeopleMap } | { faults: ConfigFault[] } {
  const read = readYaml(text, maxBytes);
  if (!read.ok) return { faults: read.faults };
  const { data, place } = read.yaml;
  const parsed = schema.safeParse(data ?? {});
  const at = (path: readonly PropertyKey[], message: string): ConfigFault => ({
    path: path.join('.'),
    message,
    ...place(path),
  });
  if (!parsed.success)
    return {
      faults: parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) =>
              at([...issue.path, key], 'unknown field. The file has two sections: people and groups'),
            )
          : [at(issue.path, issue.message.replace(/^Invalid input: /, ''))],
      ),
    };
  const faults = [...namesIn(parsed.data)]
    .filter(({ name }) => nameFault(name) !== undefined)
    .map(({ path }) =>
      at(path, 'is not a usable name: it is empty, too long, has spaces around it or contains control characters'),
    );
  return faults.length > 0 ? { faults } : { map: collect(parsed.data) };
}
