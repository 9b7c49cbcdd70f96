import type { FaultList } from '../document/fault-list.ts';
import { runSteps } from '../document/run-steps.ts';
import { type Block, clausesOf, type Clause } from './blocks/block.ts';
import { warnOfAccountNames } from './checks/warn-of-account-names.ts';
import { warnOfAllows } from './checks/warn-of-allows.ts';
import { warnOfContradictions } from './checks/warn-of-contradictions.ts';
import { warnOfDenials } from './checks/warn-of-denials.ts';
import { warnOfIdleResources } from './checks/warn-of-idle-resources.ts';
import { warnOfClusters, warnOfUndefined } from './checks/warn-of-names.ts';
import { warnOfResources } from './checks/warn-of-resources.ts';
import { warnOfSameThings } from './checks/warn-of-same-things.ts';
import { warnOfMethods, warnOfVerbs } from './checks/warn-of-verbs.ts';
import type { ResourceCatalog } from './resources/resource-catalog.ts';

/** Beyond this, denials are not compared with each other: documents with so many rules are generated. */
const maxCompared = 500;

/** One policy as the lint sees it. Without names, those of clusters, elevations and on-call lists are not known. */
type LintedDocument = {
  readonly allows: readonly Block[];
  readonly denials: readonly Block[];
  readonly catalog: ResourceCatalog;
  /** Whether the policy about names decides who may create the service account with this user name. */
  readonly isReserved: (user: string) => boolean;
  /**
   * What its requests are sent to. A policy that applies to both is one of clusters. A rule about recordings denies nothing.
   */
  readonly place: 'route' | 'cluster' | 'recordings';
  readonly names:
    | {
        readonly clusters: ReadonlySet<string>;
        readonly appliesTo: ReadonlySet<string>;
        readonly elevations: ReadonlySet<string>;
        readonly onCall: ReadonlySet<string>;
      }
    | undefined;
};

/** Warns of what is probably wrong in one policy. Returns its clauses without those that never hold. */
export function warnOfDocument(
  { allows, denials, catalog, isReserved, place, names }: LintedDocument,
  warnings: FaultList,
): Clause[] {
  if (place !== 'recordings' && denials.length > 0 && allows.length + denials.length <= maxCompared) {
    warnOfDenials(denials, place, warnings);
    runSteps(warnOfSameThings(denials, warnings));
    warnOfAllows(allows, denials, warnings);
  }
  return [...allows, ...denials].flatMap((block) => {
    warnOfVerbs(block, warnings);
    warnOfResources(block, catalog, warnings);
    if (names) {
      warnOfClusters(block, names, warnings);
      warnOfUndefined(block, names, warnings);
    }
    return clausesOf(block).filter((clause) => {
      if (place !== 'route') warnOfMethods(clause, warnings);
      warnOfAccountNames(clause, isReserved, warnings);
      if (warnOfContradictions(clause, warnings)) return false;
      warnOfIdleResources(clause, catalog, warnings);
      // A rule is switched off by reject on purpose.
      return !clause.literals.some(({ label, negated }) => label === 'reject' && !negated);
    });
  });
}
