/**
 * Lets through what a recorded program draws. `drawing` keeps the control codes of an allow-list, and `text` keeps none
 * but line ends and tabs.
 */
export type ScreenFilter = {
  take(text: string): string;
  /** Returns the codes that give the terminal back as it was. */
  end(): string;
};

/** Unfinished codes are dropped up to this length. What follows is shown, so that nothing hides behind one. */
const longest = { code: 64, string: 4096 };

/** Without parameters of their own kind: cursor, erase, insert, delete, scroll, margins, colors. */
const drawingFinals = new Set('@ABCDEFGHIJKLMPSTXZ`abdefmr');
/** Without any parameters: the same letters mean other things with them. */
const plainFinals = new Set('su');
/** The cursor's visibility, wrapping, and the alternate screen. */
const privateModes = new Set(['7', '25', '47', '1047', '1048', '1049']);
const alternateModes = new Set(['47', '1047', '1049']);
const shortFinals = new Set('78DEM');
const charsets = new Set('0AB');
const stringStarts = new Set(']P_^X');
/** Lines, tabs, backspace, and the shifts between character sets. */
const controls = { drawing: new Set('\b\t\n\r\u000e\u000f'), text: new Set('\t\n') };

const clear = '\u001b[0m\u001b[H\u001b[2J';

type Modes = { alternate: string | undefined; margins: boolean; touched: boolean };

/** Returns a code for modes with those that are allowed, or nothing. */
function filterModes(parameters: string, final: string, modes: Modes): string {
  if (parameters === '4') return `\u001b[4${final}`;
  if (!parameters.startsWith('?')) return '';
  const kept = parameters
    .slice(1)
    .split(';')
    .filter((one) => privateModes.has(one));
  for (const one of kept.filter((mode) => alternateModes.has(mode))) modes.alternate = final === 'h' ? one : undefined;
  return kept.length === 0 ? '' : `\u001b[?${kept.join(';')}${final}`;
}

/** Returns a control sequence (ECMA-48, 5.4) as it may reach the terminal. */
function filterSequence(parameters: string, final: string, modes: Modes): string {
  if (final === 'h' || final === 'l') return filterModes(parameters, final, modes);
  if (plainFinals.has(final)) return parameters === '' ? `\u001b[${final}` : '';
  // A private kind of parameter, an intermediate, or a number that keeps a terminal busy.
  if (!drawingFinals.has(final) || !parameters.split(/[;:]/).every((one) => /^\d{0,4}$/.test(one))) return '';
  // The reader's own scrollback is not the recording's to erase. With more parameters, T tracks the mouse.
  if ((final === 'J' && parameters.includes('3')) || (final === 'T' && parameters.includes(';'))) return '';
  if (final === 'r') modes.margins = true;
  return `\u001b[${parameters}${final}`;
}

/** Creates the filter. It takes text in pieces, split anywhere. */
export function createScreenFilter(keeps: 'drawing' | 'text'): ScreenFilter {
  const modes: Modes = { alternate: undefined, margins: false, touched: false };
  const passes = controls[keeps];
  let state: 'text' | 'escape' | 'charset' | 'sequence' | 'string' = 'text';
  let held = '';
  let length = 0;

  const draw = (code: string) => {
    if (keeps === 'text' || code === '') return '';
    modes.touched = true;
    return code;
  };
  const enter = (next: typeof state) => {
    state = next;
    held = '';
    length = 0;
    return '';
  };
  const done = (code = '') => {
    enter('text');
    return draw(code);
  };
  const onText = (character: string) => {
    if (character === '\u001b') return enter('escape');
    if (character >= ' ' && !(character >= '\u007f' && character <= '\u009f')) return character;
    return passes.has(character) ? character : '';
  };
  const onEscape = (character: string) => {
    if (character === '[') return enter('sequence');
    if (stringStarts.has(character)) return enter('string');
    if (character >= ' ' && character <= '/') {
      enter('charset');
      held = character;
      return '';
    }
    if (character === 'c') return done(clear);
    return done(shortFinals.has(character) ? `\u001b${character}` : '');
  };
  const onCharset = (character: string) => {
    if (character < ' ' || character > '/')
      return done((held === '(' || held === ')') && charsets.has(character) ? `\u001b${held}${character}` : '');
    held += character;
    return held.length > longest.code ? done() : '';
  };
  const onSequence = (character: string) => {
    if (character >= '@' && character <= '~') return done(filterSequence(held, character, modes));
    if (character > '~') return done() + onText(character);
    if (character >= ' ') held += character;
    return held.length > longest.code ? done() : '';
  };
  const onString = (character: string) => {
    length += 1;
    return character === '\u0007' || character === '\u009c' || length > longest.string ? done() : '';
  };
  const take = (character: string): string => {
    if (state === 'text') return onText(character);
    // CAN and SUB end any code, and ESC begins another one: also the one that ends a string.
    if (character === '\u0018' || character === '\u001a') return done();
    if (character === '\u001b') return enter('escape');
    if (state === 'escape') return onEscape(character);
    if (state === 'charset') return onCharset(character);
    return state === 'sequence' ? onSequence(character) : onString(character);
  };

  return {
    take(text) {
      let out = '';
      for (const character of text) out += take(character);
      return out;
    },
    end() {
      if (!modes.touched) return '';
      const leave = modes.alternate === undefined ? '' : `\u001b[?${modes.alternate}l`;
      const margins = modes.margins ? '\u001b7\u001b[r\u001b8' : '';
      return `${margins}\u001b[0m\u000f\u001b(B\u001b[4l\u001b[?7h\u001b[?25h${leave}`;
    },
  };
}
