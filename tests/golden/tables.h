/* Made by make_tables.py. Do not edit. */

static const struct table_group {
  const char *name;
  size_t count, correct;
  double accuracy, brier, log_loss;
} ADULT_GROUPS[] = {
    {"label=<=50K,sex=Female,race=Amer-Indian-Eskimo", 2, 2, 1.0, 0.05395402773669139, 0.178519013789568},
    {"label=<=50K,sex=Female,race=Asian-Pac-Islander", 1, 0, 0.0, 1.2086296336391482, 1.5022749915235503},
    {"label=<=50K,sex=Female,race=Black", 15, 15, 1.0, 0.037922069377433164, 0.08547141218149806},
    {"label=<=50K,sex=Female,race=Other", 1, 1, 1.0, 0.004541277836922883, 0.04882394740343294},
    {"label=<=50K,sex=Female,race=White", 64, 62, 0.96875, 0.06031282325315562, 0.11939390549983903},
    {"label=<=50K,sex=Male,race=Amer-Indian-Eskimo", 1, 1, 1.0, 0.29872501606048785, 0.48853338527976525},
    {"label=<=50K,sex=Male,race=Asian-Pac-Islander", 3, 3, 1.0, 0.005430040411683123, 0.048686644193192914},
    {"label=<=50K,sex=Male,race=Black", 9, 9, 1.0, 0.03327324458292525, 0.1021545152054001},
    {"label=<=50K,sex=Male,race=Other", 3, 3, 1.0, 0.17992946634042764, 0.31680247413462276},
    {"label=<=50K,sex=Male,race=White", 129, 113, 0.875968992248062, 0.16828407739311044, 0.265130299981786},
    {"label=>50K,sex=Female,race=Black", 2, 1, 0.5, 0.4947969307298117, 0.6876192396023069},
    {"label=>50K,sex=Female,race=White", 11, 7, 0.6363636363636364, 0.6878030461317134, 1.0235834487875666},
    {"label=>50K,sex=Male,race=Asian-Pac-Islander", 1, 1, 1.0, 0.10952591866310149, 0.2665925218243501},
    {"label=>50K,sex=Male,race=Black", 1, 1, 1.0, 0.34228053307447415, 0.5339083721553147},
    {"label=>50K,sex=Male,race=Other", 1, 0, 0.0, 0.5794247749574561, 0.7727303019130788},
    {"label=>50K,sex=Male,race=White", 51, 30, 0.5882352941176471, 0.5078988992498146, 0.7122323691038419},
    {"label=<=50K,sex=Female,race=(missing)", 2, 2, 1.0, 0.0473968877125765, 0.148917720868607},
    {"label=<=50K,sex=Male,race=(missing)", 2, 1, 0.5, 0.7789981191242373, 1.0641057571563186},
    {"label=>50K,sex=Male,race=(missing)", 1, 1, 1.0, 1.8434415069720648e-06, 0.0009605240459399039},
};

static const double ADULT_ACCURACY = 0.8433333333333334, ADULT_AUROC = 0.8919878296146044,
                    ADULT_BRIER = 0.21918377910515494, ADULT_LOG_LOSS = 0.33498788030710935;
