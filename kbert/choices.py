"""The words that options take; here, so that the command line need import nothing heavier."""

from typing import Literal

ClassLossName = Literal[
    "categorical_crossentropy",
    "focal",
    "binary_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "poisson",
]
Backend = Literal["tensorflow", "jax", "torch"]
BaselineChoice = Literal["both", "tfidf", "encoder", "none"]
BatchSize = int | Literal["auto"]
CutPair = Literal["longest", "first", "second"]
DecayFrom = Literal["warmup_end", "start"]
DeviceCount = int | Literal["all"]
ExportFormat = Literal[
    "huggingface",
    "google",
    "keras",
    "keras-hub",
    "saved_model",
    "onnx",
    "openvino",
    "litert",
    "torch",
]
FileFormat = Literal["csv", "tsv", "jsonl", "json", "parquet", "arrow", "xlsx", "lines"]
Gelu = Literal["tanh", "erf"]
Jobs = int | Literal["auto"]
Language = Literal["en", "zh"]
HeadInput = Literal["auto", "cls", "mean"]
HeadStart = Literal["auto", "linear", "new"]
LongText = Literal["head", "tail", "head+tail", "windows"]
Monitor = Literal[
    "accuracy",
    "macro_f1",
    "mcc",
    "loss",
    "micro_f1",
    "sample_f1",
    "average_precision",
    "roc_auc",
    "subset_accuracy",
    "spearman",
    "pearson",
    "rmse",
    "mae",
    "r2",
    "kappa",
]
OnBadRow = Literal["error", "skip"]
OutputFormat = Literal["csv", "jsonl", "xlsx"]
Packing = Literal["auto", "on", "off"]
PlanRecipe = Literal["recommended", "google"]
Pool = Literal["mean", "max"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Prune = Literal["none", "median", "hyperband"]
Quantization = Literal["int8"]
Quoting = Literal["auto", "standard", "none"]
Recipe = Literal["recommended", "fast", "best", "google", "few-shot"]
Severity = Literal["info", "warning", "error"]
Split = Literal["train", "dev", "test"]
TargetKind = Literal["single", "multi", "regression", "soft", "ordered"]
Task = Literal[
    "mrpc", "cola", "mnli", "mnli-mm", "xnli", "sst-2", "rte", "qnli", "qqp", "wnli", "stsb"
]
TokenPooling = Literal["cls", "mean"]
TrackerName = Literal["tensorboard", "wandb", "mlflow"]
WeightFormat = Literal["kbert", "huggingface", "google", "keras", "keras-hub"]
Weights = Literal["pretrained", "random"]
