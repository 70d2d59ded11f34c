#!/usr/bin/env python3
"""Reads deploy/cloudformation.yaml and says what is wrong with it, one sentence a line; nothing when it is right.

Usage: check-template.py TEMPLATE USERDATA_SCRIPT [CLOUD_CONFIG_TO_WRITE]
What it knows of the resource types is copied from AWS's reference, for the types and properties that are used here.
Every reference must lead somewhere, and the rights of the nodes must be just the calls that the script makes.
"""
import re
import sys

import yaml

# Type: (required properties, other properties in use, attributes that !GetAtt or ${A.B} may name).
TYPES = {
    "AWS::EC2::SecurityGroup": ({"GroupDescription"}, {"VpcId", "SecurityGroupIngress"}, set()),
    "AWS::EC2::SecurityGroupIngress": (
        {"IpProtocol"}, {"GroupId", "FromPort", "ToPort", "SourceSecurityGroupId", "Description"}, set()),
    "AWS::IAM::Role": ({"AssumeRolePolicyDocument"}, {"Policies"}, {"Arn"}),
    "AWS::IAM::InstanceProfile": ({"Roles"}, set(), {"Arn"}),
    "AWS::Logs::LogGroup": (set(), {"LogGroupName", "RetentionInDays"}, {"Arn"}),
    "AWS::EC2::LaunchTemplate": ({"LaunchTemplateData"}, set(), {"LatestVersionNumber"}),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        set(), {"Type", "Scheme", "Subnets", "SecurityGroups", "LoadBalancerAttributes"}, {"DNSName"}),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        set(),
        {"VpcId", "Protocol", "Port", "TargetType", "HealthCheckProtocol", "HealthCheckPath", "TargetGroupAttributes",
         "HealthCheckIntervalSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"},
        set()),
    "AWS::ElasticLoadBalancingV2::Listener": (
        {"DefaultActions", "LoadBalancerArn"}, {"Protocol", "Port", "Certificates", "SslPolicy"}, set()),
    "AWS::AutoScaling::AutoScalingGroup": (
        {"MinSize", "MaxSize"},
        {"AutoScalingGroupName", "VPCZoneIdentifier", "DesiredCapacity", "HealthCheckType", "TargetGroupARNs", "Tags",
         "LaunchTemplate", "LifecycleHookSpecificationList", "CapacityRebalance", "MetricsCollection",
         "MixedInstancesPolicy"},
        set()),
    "AWS::AutoScaling::ScalingPolicy": (
        {"AutoScalingGroupName"}, {"PolicyType", "EstimatedInstanceWarmup", "TargetTrackingConfiguration"}, set()),
}
PSEUDO = {"AWS::Region", "AWS::StackName", "AWS::AccountId", "AWS::Partition", "AWS::NoValue"}
# What the CloudWatch agent calls, which is not in the script.
AGENT_ACTIONS = {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}
# Commands of the CLI that are not named as the right is.
NAMED_OTHERWISE = {"s3 cp": "s3:GetObject"}


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: !Ref x is {"Ref": x}."""


def short_form(loader, suffix, node):
    """One of them."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix: value}


Loader.add_multi_constructor("!", short_form)


def walk(value):
    """Every mapping in it."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def references(value):
    """(name, attribute or None) of all that it refers to."""
    for mapping in walk(value):
        if "Ref" in mapping:
            yield mapping["Ref"], None
        if "Fn::GetAtt" in mapping:
            yield mapping["Fn::GetAtt"][0], mapping["Fn::GetAtt"][1]
        if isinstance(mapping.get("Fn::Sub"), str):
            for name in re.findall(r"\$\{([^}]+)\}", mapping["Fn::Sub"]):
                yield tuple(name.split(".", 1)) if "." in name else (name, None)


def check_references(template):
    """They lead somewhere, and nothing is there in vain."""
    parameters, resources = template["Parameters"], template["Resources"]
    used = list(references([template["Resources"], template["Outputs"], template["Conditions"]]))
    for name, attribute in used:
        if attribute is None and name not in parameters and name not in resources and name not in PSEUDO:
            yield f"'{name}' is neither a parameter nor a resource"
        if attribute is not None and attribute not in TYPES[resources[name]["Type"]][2]:
            yield f"'{name}' has no attribute '{attribute}'"
    for name in parameters.keys() - {name for name, _ in used}:
        yield f"the parameter '{name}' is used nowhere"
    tested = {m["Fn::If"][0] for m in walk([resources, template["Outputs"]]) if "Fn::If" in m}
    for name in tested ^ template["Conditions"].keys():
        yield f"the condition '{name}' is not declared, or used nowhere"
    for name, resource in resources.items():
        for other in resource.get("DependsOn", []):
            if other not in resources:
                yield f"'{name}' depends on '{other}', which is not there"


def check_resources(template):
    """Types and properties are AWS's."""
    for name, resource in template["Resources"].items():
        if resource["Type"] not in TYPES:
            yield f"'{name}' is of the unknown type {resource['Type']}"
            continue
        required, more, _ = TYPES[resource["Type"]]
        given = resource["Properties"].keys()
        for missing in required - given:
            yield f"'{name}' lacks {missing}"
        for unknown in given - required - more:
            yield f"'{name}' has the unknown property {unknown}"


def check_rights(template, script):
    """The nodes may do what their script does, and nothing else."""
    called = set()
    for service, operation in re.findall(r"\baws (\w[\w-]*) ([a-z][a-z-]+)\b", re.sub(r"(?m)^\s*#.*$", "", script)):
        action = service + ":" + "".join(word.capitalize() for word in operation.split("-"))
        called.add(NAMED_OTHERWISE.get(f"{service} {operation}", action))
    allowed = set()
    for statement in walk(template["Resources"]["NodeRole"]["Properties"]["Policies"]):
        actions = statement.get("Action", [])
        allowed.update([actions] if isinstance(actions, str) else actions)
    for action in called - allowed:
        yield f"the script calls {action}, and no policy allows it"
    for action in allowed - called - AGENT_ACTIONS:
        yield f"the policy allows {action}, and the script never calls it"


def check_promises(template, script):
    """What docs/ec2.md promises."""
    resources = template["Resources"]
    for name, resource in resources.items():
        properties = resource["Properties"]
        rules = properties.get("SecurityGroupIngress", [])
        for rule in rules + ([properties] if resource["Type"].endswith("SecurityGroupIngress") else []):
            if rule["ToPort"] == 5001 and rule.get("SourceSecurityGroupId") != properties.get("GroupId"):
                yield f"'{name}' opens port 5001 to others than the members"
            if "0.0.0.0/0" in str(rule):
                yield f"'{name}' opens a port to everybody"
        if resource["Type"] == "AWS::AutoScaling::AutoScalingGroup":
            if properties.get("HealthCheckType") != "EC2":
                yield f"'{name}' would end nodes for being without a quorum"
            hooks = {hook["LifecycleHookName"] for hook in properties["LifecycleHookSpecificationList"]}
            for hook in hooks ^ set(re.findall(r"report (jobnode-\w+)", script)):
                yield f"'{name}' and the script do not agree on the hook {hook}"
    data = resources["NodeTemplate"]["Properties"]["LaunchTemplateData"]
    if data["MetadataOptions"]["HttpTokens"] != "required":
        yield "the metadata service answers without a token"
    for device in data["BlockDeviceMappings"]:
        if not device["Ebs"]["Encrypted"] or device["Ebs"]["VolumeType"] != "gp3":
            yield f"{device['DeviceName']} is not an encrypted gp3 volume"
    for variable in re.findall(r"\b([A-Z][A-Z_0-9]+)=", data["UserData"]["Fn::Base64"]["Fn::Sub"]):
        if variable not in script:
            yield f"the user data sets {variable}, which the script does not know"


def main():
    """Prints the findings."""
    with open(sys.argv[1], encoding="utf-8") as file:
        template = yaml.load(file, Loader)
    with open(sys.argv[2], encoding="utf-8") as file:
        script = file.read()
    findings = [*check_references(template), *check_resources(template), *check_rights(template, script),
                *check_promises(template, script)]
    print("\n".join(findings), end="\n" if findings else "")
    if len(sys.argv) > 3:
        data = template["Resources"]["NodeTemplate"]["Properties"]["LaunchTemplateData"]
        with open(sys.argv[3], "w", encoding="utf-8") as file:
            file.write(re.sub(r"\$\{[^}]+\}", "x", data["UserData"]["Fn::Base64"]["Fn::Sub"]))
    sys.exit(1 if findings else 0)


main()
