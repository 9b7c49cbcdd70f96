import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { AskingContext } from './gateway/use-answer.ts';
import { useSession, type Session } from './gateway/use-session.ts';
import { ActContext, ActDialog, type Act } from './parts/act.tsx';
import { Note, Shown } from './parts/shown.tsx';
import { Link } from './place/link.tsx';
import { home, PlaceContext, useAddress, type Place } from './place/use-place.ts';
import { CommandsContext, type OfferCommands, type PaletteCommand } from './shell/commands.ts';
import { Palette } from './shell/palette.tsx';
import { MachinesView } from './views/machines/machines-view.tsx';
import { NowView } from './views/now/now-view.tsx';
import { PolicyView } from './views/policy/policy-view.tsx';
import { ReachContext, SetUpView, type Reach } from './views/set-up/set-up-view.tsx';
import { TrailView } from './views/trail/trail-view.tsx';

const views: Readonly<Record<string, { title: string; View: () => JSX.Element }>> = {
  now: { title: 'Now', View: NowView },
  trail: { title: 'Trail', View: TrailView },
  policy: { title: 'Policy', View: PolicyView },
  machines: { title: 'Machines', View: MachinesView },
  'set-up': { title: 'Set-up', View: SetUpView },
};

/** Searches that are asked for often. */
const searches: Readonly<Record<string, string>> = {
  'Trail: refused by the gateway': 'result=refused',
  'Trail: denied by a cluster': 'result=denied-by-cluster',
  'Trail: shells': 'subresource=exec',
  'Trail: reads of secrets': 'resource=secrets',
  'Trail: deletions': 'verb=delete',
  'Trail: failed logins': 'type=login.failed&stages=true',
  'Trail: alerts': 'type=audit.alert&stages=true',
};

/** The other pages of the gateway. */
const pages: Readonly<Record<string, string>> = {
  'Ask for an elevation': '/.sallyport/elevations',
  'Watch recordings': '/.sallyport/recordings',
  'Install the command line': '/.sallyport/install',
  'Start page, with "Log out"': '/',
};

/** Returns the commands that are always there. */
function usualCommands({ go }: Place): PaletteCommand[] {
  return [
    ...Object.entries(views).map(([name, { title }]) => ({
      name: `Go to ${title}`,
      run: () => go(`${home}/${name}`),
    })),
    ...Object.entries(searches).map(([name, query]) => ({ name, run: () => go(`${home}/trail?${query}`) })),
    ...Object.entries(pages).map(([name, path]) => ({ name, run: () => location.assign(path) })),
  ];
}

/** Opens the palette with Ctrl-K, or Cmd-K. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      open();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [open]);
}

function Ended(): JSX.Element {
  return (
    <main class="ended">
      <h1>Your session has ended</h1>
      <p>Nothing is shown here any more.</p>
      <p>
        <a class="main" href={location.pathname + location.search}>
          Log in again
        </a>
      </p>
    </main>
  );
}

function Navigation({ place, session, open }: { place: Place; session: Session; open: () => void }): JSX.Element {
  return (
    <header class="top">
      <a class="brand" href="/">
        Sallyport
      </a>
      <nav aria-label="Views">
        {Object.entries(views).map(([name, { title }]) => (
          <Link key={name} to={`${home}/${name}`} current={place.view === name}>
            {title}
          </Link>
        ))}
      </nav>
      <button type="button" class="small" onClick={open} aria-keyshortcuts="Control+K">
        Commands <kbd>Ctrl K</kbd>
      </button>
      <span class="person quiet">
        <Shown text={session.person?.user ?? ''} most={60} />
      </span>
    </header>
  );
}

function Shell({ session, place }: { session: Session; place: Place }): JSX.Element {
  const { gateway, changes } = session;
  const [act, setAct] = useState<Act>();
  const [isOpen, setOpen] = useState(false);
  const offered = useRef(new Map<string, readonly PaletteCommand[]>());
  const offer: OfferCommands = useCallback((owner, commands) => void offered.current.set(owner, commands), []);
  const open = useCallback(() => setOpen(true), []);
  const close = useCallback(() => setOpen(false), []);
  const closeAct = useCallback(() => setAct(undefined), []);
  usePaletteKey(open);
  const asking = useMemo(() => changes && { gateway, changes }, [gateway, changes]);
  const shown = views[place.view];
  useEffect(() => {
    document.title = `${shown?.title ?? 'Console'} - ${location.host}`;
  }, [shown]);
  return (
    <AskingContext.Provider value={asking}>
      <CommandsContext.Provider value={offer}>
        <ActContext.Provider value={setAct}>
          <div hidden={session.state !== 'live'}>
            <Navigation place={place} session={session} open={open} />
            <main>
              <h1 class="unseen">{shown?.title ?? 'Console'}</h1>
              {session.isReached ? null : (
                <Note tone="bad">The gateway does not answer. What is shown may have changed since.</Note>
              )}
              {shown ? asking && <shown.View /> : <Note>There is no such view.</Note>}
            </main>
            {act ? <ActDialog act={act} close={closeAct} /> : null}
            {isOpen ? (
              <Palette commands={[...usualCommands(place), ...[...offered.current.values()].flat()]} close={close} />
            ) : null}
          </div>
        </ActContext.Provider>
      </CommandsContext.Provider>
    </AskingContext.Provider>
  );
}

/** The console. Without a live session, there is nothing of it. */
export function App({ reach }: { reach: Reach }): JSX.Element {
  const session = useSession();
  const place = useAddress();
  if (session.state === 'ended') return <Ended />;
  return (
    <ReachContext.Provider value={reach}>
      <PlaceContext.Provider value={place}>
        <Shell session={session} place={place} />
      </PlaceContext.Provider>
    </ReachContext.Provider>
  );
}
