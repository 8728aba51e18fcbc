/* Made by make_separable.py with SciPy 1.17.1 and scikit-learn 1.9.1. */
static const struct {
  double l1, l2, objective;
} SEPARABLE_GOLDEN[] = {
    {0, 1e-05, 0.0921657808578},     {0, 1e-07, 0.0166498910043}, {0, 1e-09, 0.00136034179903},
    {0.0001, 0, 0.133319738969},     {1e-05, 0, 0.039537094689},  {1e-06, 0, 0.00927726496209},
    {1e-06, 1e-06, 0.0423848293111},
};
