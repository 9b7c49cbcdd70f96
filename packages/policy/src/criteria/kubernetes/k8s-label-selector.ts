import { createSelectorCriterion } from './selector-criterion.ts';

/** String matcher or list over the text of the label selector. */
export const k8sLabelSelector = createSelectorCriterion({
  name: 'k8s/label_selector',
  member: 'labelSelector',
  reason: 'k8s-label-selector',
  what: 'label selector',
  example: 'app=web',
});
