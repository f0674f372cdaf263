"""The sentences of the methods paragraph; a pair is singular and plural."""

from __future__ import annotations

from collections.abc import Mapping

Sentence = str | tuple[str, str]

ENGLISH: Mapping[str, Sentence] = {
    "begin": (
        "One image was explored as clusters with panoptic_nb {version} on {date}.",
        "A collection of {n} images was explored as clusters with panoptic_nb {version} on {date}.",
    ),
    "part": "The images are a part of a larger collection.",
    "opened": "The work began with the clusters of the column {column}.",
    "first": "All images were grouped by {method}{details}.",
    "split": (
        "One cluster ({names}) was then divided by {method}{details}.",
        "{n} clusters ({names}) were then divided by {method}{details}.",
    ),
    "split_many": (
        "One cluster was then divided by {method}{details}.",
        "{n} clusters were then divided by {method}{details}.",
    ),
    "vectors": "vectors {name}",
    "model": "vectors {name}, model hash {hash}",
    "seed": "seed {seed}",
    "compute_clusters": "k-means",
    "automatic": "similarity, the number of clusters being found automatically",
    "agglomerative": "agglomerative clustering with average linkage",
    "find_duplicates": "a search for near-duplicates",
    "cluster_by_tags": "the nearest tag of the column {column}",
    "group_by": ("the values of the column {columns}", "the values of the columns {columns}"),
    "other": "the function {function}",
    "by_hand": "Afterwards, by hand, {edits}.",
    "no_hand": "No image was moved and no cluster changed by hand.",
    "rename": ("one cluster was renamed", "{n} clusters were renamed"),
    "merge": ("clusters were merged once", "clusters were merged {n} times"),
    "moved": ("one image was moved", "{n} images were moved"),
    "move_cluster": ("one cluster was moved", "{n} clusters were moved"),
    "move_to_new": ("one cluster was made", "{n} clusters were made"),
    "close_clusters": (
        "the clusters below one node were removed",
        "the clusters below {n} nodes were removed",
    ),
    "not_duplicates": (
        "one group of duplicates was rejected",
        "{n} groups of duplicates were rejected",
    ),
    "result": "The result has {levels}.",
    "level": (
        "one cluster at level {level}",
        "{n} clusters at level {level}",
    ),
    "unassigned": (
        "One image was left in no cluster.",
        "{n} images were left in no cluster.",
    ),
    "all_assigned": "Every image with a vector is in a cluster.",
    "without_vector": ("One image had no vector.", "{n} images had no vector."),
    "scores": (
        "The score of a cluster is 100 times the mean squared Euclidean distance of its unit "
        "vectors to their centroid, lower being more coherent; it lies between {low} and {high}, "
        "with a median of {median}."
    ),
    "end": "The computations used {versions}; the hash of the set of images is {image_set}.",
    "quote": "“{text}”",
    "and": "{first} and {last}",
    "date": "{day} {month} {year}",
    "months": "January February March April May June July August September October November "
    "December",
}

FRENCH: Mapping[str, Sentence] = {
    "begin": (
        "Une image a été explorée par clusters avec panoptic_nb {version}, le {date}.",
        "Une collection de {n} images a été explorée par clusters avec panoptic_nb {version}, le "
        "{date}.",
    ),
    "part": "Ces images sont une partie d’une collection plus grande.",
    "opened": "Le travail est parti des clusters de la colonne {column}.",
    "first": "Toutes les images ont été regroupées par {method}{details}.",
    "split": (
        "Un cluster ({names}) a ensuite été divisé par {method}{details}.",
        "{n} clusters ({names}) ont ensuite été divisés par {method}{details}.",
    ),
    "split_many": (
        "Un cluster a ensuite été divisé par {method}{details}.",
        "{n} clusters ont ensuite été divisés par {method}{details}.",
    ),
    "vectors": "vecteurs {name}",
    "model": "vecteurs {name}, empreinte du modèle {hash}",
    "seed": "graine {seed}",
    "compute_clusters": "les k-moyennes",
    "automatic": "similarité, le nombre de clusters étant déterminé automatiquement",
    "agglomerative": "une classification ascendante à lien moyen",
    "find_duplicates": "une recherche de quasi-doublons",
    "cluster_by_tags": "un rapprochement avec le tag le plus proche de la colonne {column}",
    "group_by": ("valeurs de la colonne {columns}", "valeurs des colonnes {columns}"),
    "other": "la fonction {function}",
    "by_hand": "Ensuite, à la main, {edits}.",
    "no_hand": "Aucune image n’a été déplacée ni aucun cluster modifié à la main.",
    "rename": ("un cluster a été renommé", "{n} clusters ont été renommés"),
    "merge": ("des clusters ont été fusionnés une fois", "des clusters ont été fusionnés {n} fois"),
    "moved": ("une image a été déplacée", "{n} images ont été déplacées"),
    "move_cluster": ("un cluster a été déplacé", "{n} clusters ont été déplacés"),
    "move_to_new": ("un cluster a été créé", "{n} clusters ont été créés"),
    "close_clusters": (
        "les clusters d’un nœud ont été retirés",
        "les clusters de {n} nœuds ont été retirés",
    ),
    "not_duplicates": (
        "un groupe de doublons a été écarté",
        "{n} groupes de doublons ont été écartés",
    ),
    "result": "Le résultat compte {levels}.",
    "level": (
        "un cluster au niveau {level}",
        "{n} clusters au niveau {level}",
    ),
    "unassigned": (
        "Une image n’est dans aucun cluster.",
        "{n} images ne sont dans aucun cluster.",
    ),
    "all_assigned": "Toute image qui a un vecteur est dans un cluster.",
    "without_vector": ("Une image n’avait pas de vecteur.", "{n} images n’avaient pas de vecteur."),
    "scores": (
        "Le score d’un cluster est 100 fois la moyenne des carrés des distances euclidiennes de "
        "ses vecteurs unitaires à leur centre, un score bas étant plus cohérent ; il va de {low} à "
        "{high}, pour une médiane de {median}."
    ),
    "end": "Les calculs ont employé {versions} ; l’empreinte de l’ensemble des images est "
    "{image_set}.",
    "quote": "«\u202f{text}\u202f»",
    "and": "{first} et {last}",
    "date": "{day} {month} {year}",
    "months": "janvier février mars avril mai juin juillet août septembre octobre novembre "
    "décembre",
}

LANGUAGES = {"en": ENGLISH, "fr": FRENCH}
