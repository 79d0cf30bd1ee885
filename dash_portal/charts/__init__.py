"""Charts, said once: `chart` says what is shown, `plotly` and `echarts` are two ways to draw it."""
