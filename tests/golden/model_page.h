/* Made by make_model_page.py. Do not edit. */

static const struct page_group {
  const char *name, *count, *accuracy, *confusion[2];
} PAGE_GROUPS[] = {
    {"<=50K: Female × (missing)", "2", "100.0", {"100.0", "0.0"}},
    {"<=50K: Female × Amer-Indian-Eskimo", "2", "100.0", {"100.0", "0.0"}},
    {"<=50K: Female × Asian-Pac-Islander", "1", "0.0", {"0.0", "100.0"}},
    {"<=50K: Female × Black", "15", "100.0", {"100.0", "0.0"}},
    {"<=50K: Female × Other", "1", "100.0", {"100.0", "0.0"}},
    {"<=50K: Female × White", "64", "96.9", {"96.9", "3.1"}},
    {"<=50K: Male × (missing)", "2", "50.0", {"50.0", "50.0"}},
    {"<=50K: Male × Amer-Indian-Eskimo", "1", "100.0", {"100.0", "0.0"}},
    {"<=50K: Male × Asian-Pac-Islander", "3", "100.0", {"100.0", "0.0"}},
    {"<=50K: Male × Black", "9", "100.0", {"100.0", "0.0"}},
    {"<=50K: Male × Other", "3", "100.0", {"100.0", "0.0"}},
    {"<=50K: Male × White", "129", "87.6", {"87.6", "12.4"}},
    {">50K: Female × Black", "2", "50.0", {"50.0", "50.0"}},
    {">50K: Female × White", "11", "63.6", {"36.4", "63.6"}},
    {">50K: Male × (missing)", "1", "100.0", {"0.0", "100.0"}},
    {">50K: Male × Asian-Pac-Islander", "1", "100.0", {"0.0", "100.0"}},
    {">50K: Male × Black", "1", "100.0", {"0.0", "100.0"}},
    {">50K: Male × Other", "1", "0.0", {"100.0", "0.0"}},
    {">50K: Male × White", "51", "58.8", {"41.2", "58.8"}},
};

static const struct page_part {
  const char *name, *count, *calibration, *brier, *log_loss, *auroc;
} PAGE_PARTS[] = {
    {"all examples", "300", "0.032", "0.219", "0.335", "0.892"},
    {"Female × (missing)", "2", "0.135", "0.047", "0.149", "–"},
    {"Female × Amer-Indian-Eskimo", "2", "0.163", "0.054", "0.179", "–"},
    {"Female × Asian-Pac-Islander", "1", "0.777", "1.209", "1.502", "–"},
    {"Female × Black", "17", "0.054", "0.092", "0.156", "0.967"},
    {"Female × Other", "1", "0.048", "0.005", "0.049", "–"},
    {"Female × White", "75", "0.051", "0.152", "0.252", "0.911"},
    {"Male × (missing)", "3", "0.377", "0.519", "0.710", "1.000"},
    {"Male × Amer-Indian-Eskimo", "1", "0.386", "0.299", "0.489", "–"},
    {"Male × Asian-Pac-Islander", "4", "0.094", "0.031", "0.103", "1.000"},
    {"Male × Black", "10", "0.125", "0.064", "0.145", "1.000"},
    {"Male × Other", "4", "0.323", "0.280", "0.431", "0.667"},
    {"Male × White", "180", "0.052", "0.265", "0.392", "0.867"},
    {"predicted <=50K", "239", "0.043", "0.167", "0.267", "–"},
    {"predicted >50K", "61", "0.088", "0.423", "0.602", "–"},
};

static const struct page_rates {
  const char *name, *count, *values[6];
} PAGE_RATES[] = {
    {"Female", "98", {"11.2", "61.5", "3.5", "72.7", "66.7", "91.8"}},
    {"Male", "202", {"24.8", "60.0", "11.6", "66.0", "62.9", "80.7"}},
    {"Female × (missing)", "2", {"0.0", "–", "0.0", "–", "–", "100.0"}},
    {"Female × Amer-Indian-Eskimo", "2", {"0.0", "–", "0.0", "–", "–", "100.0"}},
    {"Female × Asian-Pac-Islander", "1", {"100.0", "–", "100.0", "0.0", "0.0", "0.0"}},
    {"Female × Black", "17", {"5.9", "50.0", "0.0", "100.0", "66.7", "94.1"}},
    {"Female × Other", "1", {"0.0", "–", "0.0", "–", "–", "100.0"}},
    {"Female × White", "75", {"12.0", "63.6", "3.1", "77.8", "70.0", "92.0"}},
    {"Male × (missing)", "3", {"66.7", "100.0", "50.0", "50.0", "66.7", "66.7"}},
    {"Male × Amer-Indian-Eskimo", "1", {"0.0", "–", "0.0", "–", "–", "100.0"}},
    {"Male × Asian-Pac-Islander", "4", {"25.0", "100.0", "0.0", "100.0", "100.0", "100.0"}},
    {"Male × Black", "10", {"10.0", "100.0", "0.0", "100.0", "100.0", "100.0"}},
    {"Male × Other", "4", {"0.0", "0.0", "0.0", "–", "0.0", "75.0"}},
    {"Male × White", "180", {"25.6", "58.8", "12.4", "65.2", "61.9", "79.4"}},
};

static const char *const PAGE_CONFUSION[2][2] = {{"91.4", "8.6"}, {"39.7", "60.3"}};

static const char PAGE_MOST[] = "20.6 % of Male × White";
static const char PAGE_LEAST[] = "8.0 % of Female × White";
static const char PAGE_WRONG[] = "wrong for 15.7 % over all";
