/* Made by make_logistic.py with scikit-learn 1.9.1: least objectives. */
static const struct {
  const char *name;
  double l1, l2, objective;
} LOGISTIC_GOLDEN[] = {
    {"dense", 0, 0.01, 0.391700736344},       {"dense", 0, 0.0001, 0.317925373723},
    {"dense", 0.01, 0, 0.399391777526},       {"dense", 0.001, 0.001, 0.343599074586},
    {"correlated", 0, 0.01, 0.136144843369},  {"correlated", 0, 0.0001, 0.0846715641445},
    {"correlated", 0.01, 0, 0.158443931683},  {"correlated", 0.001, 0.001, 0.118724161182},
    {"separable", 0, 0.01, 0.111549932646},   {"separable", 0, 0.0001, 0.00483155620894},
    {"separable", 0.01, 0, 0.0978542190772},  {"separable", 0.001, 0.001, 0.0367955065321},
    {"ten_classes", 0, 0.01, 0.810136182136}, {"ten_classes", 0, 0.0001, 0.6044390442},
    {"ten_classes", 0.01, 0, 0.98453130468},  {"ten_classes", 0.001, 0.001, 0.701718231173},
    {"weighted", 0, 0.01, 0.347313268774},    {"weighted", 0, 0.0001, 0.219431206426},
    {"weighted", 0.01, 0, 0.905329763505},    {"weighted", 0.001, 0.001, 0.4530584314},
};
