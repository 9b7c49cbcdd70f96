import { policySummarySchema } from '@sallyport/contracts/answers';
import { useAnswer, type Answer } from '../../gateway/use-answer.ts';

/**
 * Reads the names of all clusters, for those who may see the policy. The list of clusters has only those on which it
 * allows them something.
 */
export function useClusterNames(): { answer: Answer<unknown>; names: readonly string[] } {
  const answer = useAnswer(policySummarySchema, '/policy', 'policy');
  return { answer, names: answer.value?.clusterNames ?? [] };
}
