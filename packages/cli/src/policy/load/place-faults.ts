import type { ConfigFault } from '../../config/gateway-config.ts';

type Fault = { readonly path: readonly (string | number)[]; readonly message: string; readonly hint?: string };
type Place = (path: readonly PropertyKey[]) => { line: number; column: number; file?: string } | undefined;

/** Gives faults of a part of a file their places in it; `base` leads to that part. */
export function placeFaults(faults: readonly Fault[], base: readonly (string | number)[], place: Place): ConfigFault[] {
  return faults.map(({ path, message, hint }) => {
    const whole = [...base, ...path];
    return { path: whole.join('.'), message, ...(hint === undefined ? {} : { hint }), ...place(whole) };
  });
}
