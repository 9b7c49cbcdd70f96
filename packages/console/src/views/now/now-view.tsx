import { elevationListSchema, sessionsSchema, streamListSchema } from '@sallyport/contracts/answers';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { queryOf } from '../../gateway/ask-gateway.ts';
import { useAnswer, useAsking } from '../../gateway/use-answer.ts';
import { useAct, type Act } from '../../parts/act.tsx';
import { Answered, Section } from '../../parts/shown.tsx';
import { usePlace } from '../../place/use-place.ts';
import { useCommands } from '../../shell/commands.ts';
import { Alerts } from './alerts.tsx';
import { Clusters } from './clusters.tsx';
import { Elevation, stepsOf } from './elevations.tsx';
import { endSession, endStream, Sessions, Streams } from './streams.tsx';
import { contains, placeOf, targetOf, userOf, whereOf } from './words.ts';

const order = ['pending', 'active', 'approved'];

/** Reads what is going on. Without the right, one sees only one's own. */
function useNow() {
  const own = useAnswer(sessionsSchema, '/sessions', 'sessions');
  const seesAll = own.value?.maySeeAll === true;
  const all = useAnswer(sessionsSchema, seesAll ? '/sessions?all=true' : undefined, 'sessions');
  const known = own.value !== undefined;
  const streams = useAnswer(
    streamListSchema,
    known ? `/streams${queryOf({ all: seesAll ? 'true' : undefined })}` : undefined,
    'streams',
  );
  const elevations = useAnswer(elevationListSchema, '/elevations', 'elevations');
  return { sessions: seesAll ? all : own, streams, elevations, seesAll, known };
}

/** Returns what the reader can do with each row, by its id. */
function useActs({ sessions, streams, elevations }: ReturnType<typeof useNow>): Map<string, Act[]> {
  const { gateway } = useAsking();
  const act = useAct();
  const acts = useMemo(() => {
    const readAgain = () => Promise.all([sessions.again(), streams.again()]);
    return new Map<string, Act[]>([
      ...(streams.value?.streams ?? []).map((one): [string, Act[]] => [one.id, [endStream(one, gateway, readAgain)]]),
      ...(sessions.value?.sessions ?? []).map((one): [string, Act[]] => [
        one.id,
        [endSession(one, gateway, readAgain)],
      ]),
      ...(elevations.value?.elevations ?? []).map((one): [string, Act[]] => [
        one.id,
        stepsOf(one, gateway, elevations.again),
      ]),
    ]);
  }, [gateway, sessions, streams, elevations]);
  const commands = useMemo(
    () => [...acts.values()].flat().map((one) => ({ name: `${one.verb} ${one.what}`, run: () => act(one) })),
    [acts, act],
  );
  useCommands('now', commands);
  return acts;
}

/** Who is connected, what is open, and what waits for a decision. */
export function NowView(): JSX.Element {
  const { query, change } = usePlace();
  const typed = query.get('q') ?? '';
  const now = useNow();
  const acts = useActs(now);
  const { sessions, streams, elevations, seesAll, known } = now;
  const shownElevations = (elevations.value?.elevations ?? [])
    .filter((one) => contains(typed, one.user, one.name, placeOf(one), one.reason, one.state))
    .toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return (
    <>
      <div class="bar">
        <input
          type="search"
          aria-label="Filter"
          placeholder="Filter by user, cluster, object …"
          value={typed}
          onInput={({ currentTarget }) => change({ q: currentTarget.value }, { replace: true })}
        />
        {known && !seesAll ? (
          <p class="quiet">You may see only your own sessions and streams (api.policy.sessions).</p>
        ) : null}
      </div>
      <Alerts />
      <Section title="Elevations" count={elevations.value && shownElevations.length}>
        <Answered answer={elevations} what="The elevations">
          {({ omitted }) => (
            <>
              {shownElevations.length === 0 ? (
                <p class="quiet">
                  None is active or waits for you. <a href="/.sallyport/elevations">Ask for one</a>.
                </p>
              ) : (
                <ul class="cards">
                  {shownElevations.map((one) => (
                    <Elevation key={one.id} view={one} acts={acts.get(one.id) ?? []} />
                  ))}
                </ul>
              )}
              {omitted > 0 ? <p class="quiet">{omitted} more do not fit here.</p> : null}
            </>
          )}
        </Answered>
      </Section>
      <Answered answer={streams} what="The streams">
        {(list) => (
          <Streams
            list={list}
            rows={list.streams.filter((one) =>
              contains(typed, one.user, whereOf(one), one.kind, targetOf(one), one.clientAddress),
            )}
            acts={acts}
          />
        )}
      </Answered>
      <Answered answer={sessions} what="The sessions">
        {(list) => (
          <Sessions
            rows={list.sessions.filter((one) =>
              contains(typed, userOf(one), one.kind, one.clientAddress, one.userAgent, one.provider),
            )}
            acts={acts}
          />
        )}
      </Answered>
      <Clusters typed={typed} />
    </>
  );
}
