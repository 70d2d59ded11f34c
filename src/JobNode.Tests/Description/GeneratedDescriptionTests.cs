using System.Text.Json.Nodes;
using JobNode.Api;
using JobNode.Tests.Support;

namespace JobNode.Tests.Description;

/// <summary>The description is made from the code, is whole, and is what OpenAPI says that it must be.</summary>
public sealed class GeneratedDescriptionTests
{
    [Fact]
    [Trait(GeneratedFile.Trait, "Documents")]
    public void The_description_inside_the_binary_is_the_one_of_the_code() =>
        GeneratedFile.MustEqual("src/JobNode/Api/openapi.json", CompactJson.Write(ApiDocument.Build()));

    [Fact]
    [Trait(GeneratedFile.Trait, "Documents")]
    public void The_page_about_the_api_is_the_one_of_the_code() =>
        GeneratedFile.MustEqual("docs/api.md", ApiMarkdown.Write());

    [Fact]
    [Trait(GeneratedFile.Trait, "Documents")]
    public void The_page_about_problems_is_the_one_of_the_code() => GeneratedFile.MustEqual(
        "docs/problems.md",
        ProblemPages.Text().Replace("# Problems\n", "# Problems\n\n<!-- Made from the code by `make docs`. -->\n"));

    [Fact]
    public void Every_route_has_a_description_and_every_description_a_route()
    {
        IEnumerable<string> routed = ApiDocument.Routes.SelectMany(
            route => route.Methods.Select(method => $"{method} {route.Template}"));
        Assert.Equal(routed.Order(StringComparer.Ordinal), Operations.All.Keys.Order(StringComparer.Ordinal));
        string[] ids = [.. Operations.All.Values.Select(operation => operation.Id)];
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void Every_name_in_a_path_is_a_parameter()
    {
        foreach (ApiRoute route in ApiDocument.Routes)
        {
            IEnumerable<string> named = route.Template.Split('{').Skip(1).Select(part => part.Split('}')[0]);
            Operation operation = Operations.Of(route.Methods[0], route);
            Assert.Equal(named, operation.Parameters.Where(p => p is { In: "path", IsRequired: true })
                .Select(parameter => parameter.Name));
        }
    }

    [Fact]
    public void It_follows_the_schema_of_openapi()
    {
        JsonNode schema = JsonNode.Parse(File.ReadAllText(
            Repository.PathOf("src/JobNode.Tests/Description/openapi-3.1.schema.json")))!;
        var check = new JsonSchemaCheck(schema);
        JsonObject document = ApiDocument.Build();
        Assert.Empty(check.Violations(schema, document));

        // The check bites.
        document["paths"]!["/enqueue"]!["put"]!.AsObject().Add("unheardOf", true);
        Assert.Contains(
            check.Violations(schema, document), found => found.Contains("unheardOf", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_component_is_referred_to()
    {
        JsonObject document = ApiDocument.Build();
        string[] references = [.. References(document).Distinct()];
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.NotNull(
            reference[2..].Split('/').Aggregate((JsonNode?)document, (node, step) => node?[step])));
        foreach (string kind in (string[])["headers", "responses", "schemas"])
        {
            Assert.All(
                document["components"]![kind]!.AsObject(),
                component => Assert.Contains($"#/components/{kind}/{component.Key}", references));
        }
    }

    [Fact]
    public void Every_type_of_problem_is_in_the_description_and_some_call_or_path_is_answered_with_it()
    {
        JsonNode type = ApiDocument.Build()["components"]!["schemas"]!["Problem"]!["properties"]!["type"]!;
        Assert.Equal(Problems.All.Select(kind => kind.Type), type["enum"]!.AsArray().Select(name => (string?)name));
        IEnumerable<ProblemKind> answered = ApiDocument.Routes.SelectMany(route => route.Methods.SelectMany(
            method => ApiDocument.RefusalsOf(route, Operations.Of(method, route))));
        Assert.Equal(
            [Problems.LineInvalid, Problems.MethodNotAllowed],
            Problems.All.Except(answered));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member is { Key: "$ref", Value: { } reference }
            ? [reference.GetValue<string>()]
            : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
