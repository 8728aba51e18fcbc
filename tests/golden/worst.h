/* Made by make_worst.py with SciPy 1.17.1 and scikit-learn 1.9.1. */
static const struct {
  const char *name;
  double objective;
} WORST_GOLDEN[] = {
    {"dense", 0.4559063565},      {"correlated", 0.1803720725}, {"separable", 0.164475528},
    {"ten_classes", 1.379028159}, {"weighted", 0.5298765764},
};
