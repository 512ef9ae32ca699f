/** The short names that a configuration may use, and what they stand for. */
export const moduleAliases: Readonly<Record<string, string>> = {
  cob_module: '@tapeloom/module-cob',
  market_analysis_module: '@tapeloom/module-market-analysis',
  multi_timeframe_module: '@tapeloom/module-multi-timeframe',
  neural_fusion_module: '@tapeloom/module-fusion',
  pivot_analysis_module: '@tapeloom/module-pivot',
  extrema_module: '@tapeloom/module-extrema',
  microstructure_module: '@tapeloom/module-microstructure',
  correlation_module: '@tapeloom/module-correlation',
  training_module: '@tapeloom/training',
  baseline: '@tapeloom/core#baseline',
}
