using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using JobNode.Api;
using JobNode.Commands;
using JobNode.Queue;

namespace JobNode.Tests.Description;

/// <summary>
/// Schemas of the API's contracts: from how System.Text.Json writes them, with their docstrings as descriptions, and
/// the form of a field where its type says too little.
/// </summary>
internal static class ContractSchemas
{
    private const string Suffix = "Response";
    private static readonly string[] States = [.. Pieces.Words<JobState>(), "running"];
    private static readonly string[] Roles = ["leader", "voter", "stand-by", "spare"];

    /// <summary>What the server writes: numbers are never strings there.</summary>
    private static readonly ApiJsonContext Written = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
    });

    /// <summary>What a field's type does not tell.</summary>
    private static readonly Dictionary<(Type Contract, string Property), JsonObject> Forms = new()
    {
        [(typeof(EnqueueResponse), nameof(EnqueueResponse.Id))] = Form.Uuid,
        [(typeof(PulledResponse), nameof(PulledResponse.Id))] = Form.Uuid,
        [(typeof(PulledResponse), nameof(PulledResponse.Result))] = Form.Hex(128),
        [(typeof(PulledResponse), nameof(PulledResponse.CompletedAt))] = Form.Time,
        [(typeof(JobResponse), nameof(JobResponse.Id))] = Form.Uuid,
        [(typeof(JobResponse), nameof(JobResponse.State))] = Form.OneOf(States),
        [(typeof(JobResponse), nameof(JobResponse.Progress))] = new() { ["minimum"] = 0, ["maximum"] = 1 },
        [(typeof(JobResponse), nameof(JobResponse.Priority))] = Form.Integer(0, Limits.PriorityMax),
        [(typeof(JobResponse), nameof(JobResponse.EnqueuedAt))] = Form.Time,
        [(typeof(JobResponse), nameof(JobResponse.CompletedAt))] = Form.Time,
        [(typeof(JobResponse), nameof(JobResponse.Result))] = Form.Hex(128),
        [(typeof(CancelResponse), nameof(CancelResponse.Id))] = Form.Uuid,
        [(typeof(CancelResponse), nameof(CancelResponse.State))] = Form.OneOf("cancelled"),
        [(typeof(StatusResponse), nameof(StatusResponse.ClusterId))] = Form.Hex(32),
        [(typeof(StatusResponse), nameof(StatusResponse.StateDigest))] = Form.Hex(32),
        [(typeof(StatusNode), nameof(StatusNode.Id))] = Form.Hex(16),
        [(typeof(StatusNode), nameof(StatusNode.Role))] = Form.OneOf([.. Roles, "candidate", "none"]),
        [(typeof(StatusNode), nameof(StatusNode.State))] =
            Form.OneOf("ready", "starting", "noQuorum", "draining", "diskBlocked"),
        [(typeof(StatusMember), nameof(StatusMember.Id))] = Form.Hex(16),
        [(typeof(StatusMember), nameof(StatusMember.Role))] = Form.OneOf([.. Roles, "candidate"]),
        [(typeof(MemberResponse), nameof(MemberResponse.Id))] = Form.Hex(16),
        [(typeof(MemberResponse), nameof(MemberResponse.Role))] = Form.OneOf(Roles),
        [(typeof(MemberResponse), nameof(MemberResponse.QuarantinedSince))] = Form.Time,
        [(typeof(ProblemResponse), nameof(ProblemResponse.Type))] =
            Form.OneOf(Problems.All.Select(kind => kind.Type)),
        [(typeof(ProblemResponse), nameof(ProblemResponse.Id))] = Form.Uuid,
        [(typeof(BatchLine), nameof(BatchLine.Data))] = new() { ["contentEncoding"] = "base64" },
        [(typeof(BatchLine), nameof(BatchLine.Iterations))] = Form.Integer(1, Limits.IterationsMax),
        [(typeof(BatchLine), nameof(BatchLine.Priority))] = Form.Integer(0, Limits.PriorityMax),
        [(typeof(BatchLine), nameof(BatchLine.IdempotencyKey))] =
            Form.Limited(1, Limits.IdempotencyKeyCharactersMax),
    };

    /// <summary>What the description calls a contract.</summary>
    public static string NameOf(Type contract) =>
        contract.Name.EndsWith(Suffix, StringComparison.Ordinal) ? contract.Name[..^Suffix.Length] : contract.Name;

    /// <summary>Every contract that the context knows, and what they are made of, by name.</summary>
    public static SortedDictionary<string, JsonObject> All()
    {
        var schemas = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        var open = new Queue<Type>(typeof(ApiJsonContext).GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
            .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!)
            .Select(type => type.IsGenericType ? type.GetGenericArguments()[0] : type)
            .Where(type => type.Namespace == typeof(ApiJsonContext).Namespace));
        while (open.TryDequeue(out Type? contract))
        {
            if (!schemas.ContainsKey(NameOf(contract)))
            {
                schemas.Add(NameOf(contract), Export(contract, open));
            }
        }

        return schemas;
    }

    private static JsonObject Export(Type contract, Queue<Type> more)
    {
        JsonTypeInfo info = Written.GetTypeInfo(contract)
            ?? throw new InvalidOperationException($"{contract} is not in {nameof(ApiJsonContext)}");
        JsonObject schema = info.GetJsonSchemaAsNode(new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Transform(context, node, more),
        }).AsObject();
        var fields = new JsonObject();
        var required = new JsonArray();
        foreach (PropertyInfo property in contract.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            string name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            JsonObject field = schema["properties"]![name]!.DeepClone().AsObject();
            bool isOptional = contract == typeof(BatchLine)
                ? property.Name != nameof(BatchLine.Iterations)
                : property.GetCustomAttribute<JsonIgnoreAttribute>() is not null;
            Refine(field, contract, property.Name, mayBeNull: !isOptional && contract != typeof(BatchLine));
            fields.Add(name, field);
            if (!isOptional)
            {
                required.Add(name);
            }
        }

        return new JsonObject
        {
            ["description"] = DocComments.Of(contract),
            ["type"] = "object",
            ["properties"] = fields,
            ["required"] = required,
        };
    }

    /// <summary>Other contracts become references; numbers without a sign have a minimum.</summary>
    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode node, Queue<Type> more)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (!context.Path.IsEmpty && context.TypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            more.Enqueue(type);
            JsonObject reference = Form.Named(NameOf(type));
            return node["type"] is JsonArray
                ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) }
                : reference;
        }

        if (type == typeof(ulong) || type == typeof(UInt128) || type == typeof(uint))
        {
            node["minimum"] = 0;
        }

        return node;
    }

    private static void Refine(JsonObject field, Type contract, string property, bool mayBeNull)
    {
        if (!mayBeNull && field["type"] is JsonArray types)
        {
            field["type"] = types[0]!.DeepClone();
        }

        bool isNullable = field["type"] is JsonArray;
        foreach ((string keyword, JsonNode? value) in Forms.GetValueOrDefault((contract, property)) ?? [])
        {
            if (keyword != "type" || !isNullable)
            {
                field[keyword] = value!.DeepClone();
            }
        }

        field["description"] = DocComments.Of(contract, property);
    }
}
