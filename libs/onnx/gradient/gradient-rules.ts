import { activationRules } from './activation.js';
import { arithmeticRules } from './arithmetic.js';
import { convolutionRules } from './convolution.js';
import type { GradientRule } from './gradient-rule.js';
import { normalisationRules } from './normalisation.js';
import { productRules } from './product.js';
import { rearrangementRules } from './rearrangement.js';

export const gradientRules: Readonly<Record<string, GradientRule>> = {
  ...activationRules,
  ...arithmeticRules,
  ...convolutionRules,
  ...normalisationRules,
  ...productRules,
  ...rearrangementRules,
};
