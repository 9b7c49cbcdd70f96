import { createSelectorCriterion } from './selector-criterion.ts';

/** String matcher or list over the text of the field selector. */
export const k8sFieldSelector = createSelectorCriterion({
  name: 'k8s/field_selector',
  member: 'fieldSelector',
  reason: 'k8s-field-selector',
  what: 'field selector',
  example: 'status.phase=Running',
});
