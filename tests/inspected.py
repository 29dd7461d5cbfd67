"""What an inspection has found, by the codes of its findings."""


def found(inspection):
    return {finding.code: finding for finding in inspection.findings}


def severities(inspection):
    return {finding.code: finding.severity for finding in inspection.findings}
