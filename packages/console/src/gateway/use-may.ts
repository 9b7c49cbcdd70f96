import { rightsSchema } from '@sallyport/contracts/answers';
import { useAnswer } from './use-answer.ts';

/**
 * Reports whether the reader may see things of others in an area of `api.policy`. Undefined until that is known. Where it
 * cannot be read, the gateway says it in its answers.
 */
export function useMay(area: string): boolean | undefined {
  const { value, fault } = useAnswer(rightsSchema, '/rights', 'policy');
  return value?.areas.includes(area) ?? (fault ? true : undefined);
}
