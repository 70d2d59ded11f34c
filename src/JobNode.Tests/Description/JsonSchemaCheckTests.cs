using System.Text.Json.Nodes;

namespace JobNode.Tests.Description;

/// <summary>The check that all answers are held against finds what is wrong.</summary>
public sealed class JsonSchemaCheckTests
{
    private const string Root =
        """
        {"$defs": {"a~b": {"type": "string"}, "id": {"type": "object", "properties": {"id": {"type": "integer"}}}}}
        """;

    [Theory]
    [InlineData("""{"type": "integer"}""", "3.0", true)]
    [InlineData("""{"type": "integer"}""", "3.5", false)]
    [InlineData("""{"type": ["string", "null"]}""", "null", true)]
    [InlineData("""{"type": ["string", "null"]}""", "1", false)]
    [InlineData("""{"maximum": 10000000000000000000}""", "10000000000000000001", false)]
    [InlineData("""{"minimum": 0, "maximum": 1}""", "0.5", true)]
    [InlineData("""{"enum": ["a", "b"]}""", "\"c\"", false)]
    [InlineData("""{"pattern": "^[0-9a-f]{4}$"}""", "\"12aF\"", false)]
    [InlineData("""{"format": "uuid"}""", "\"0198c0de-0000-7000-8000-000000000000\"", true)]
    [InlineData("""{"format": "uuid"}""", "\"0198c0de\"", false)]
    [InlineData("""{"format": "date-time"}""", "\"2026-01-02T03:04:05.678Z\"", true)]
    [InlineData("""{"format": "date-time"}""", "\"2026-01-02\"", false)]
    [InlineData("""{"required": ["a"]}""", "{}", false)]
    [InlineData("""{"properties": {"a": true}, "additionalProperties": false}""", """{"a": 1}""", true)]
    [InlineData("""{"properties": {"a": true}, "additionalProperties": false}""", """{"b": 1}""", false)]
    [InlineData("""{"$ref": "#/$defs/a~0b"}""", "1", false)]
    [InlineData("""{"$ref": "#/$defs/id", "unevaluatedProperties": false}""", """{"id": 1}""", true)]
    [InlineData("""{"$ref": "#/$defs/id", "unevaluatedProperties": false}""", """{"id": 1, "b": 1}""", false)]
    [InlineData("""{"$ref": "#/$defs/id", "additionalProperties": false}""", """{"id": 1}""", false)]
    [InlineData("""{"anyOf": [{"type": "string"}, {"minimum": 3}]}""", "2", false)]
    [InlineData("""{"oneOf": [{"minimum": 1}, {"minimum": 3}]}""", "4", false)]
    [InlineData("""{"not": {"type": "string"}}""", "\"a\"", false)]
    [InlineData("""{"if": {"required": ["a"]}, "then": {"required": ["b"]}}""", """{"a": 1}""", false)]
    [InlineData("""{"if": {"required": ["a"]}, "else": {"required": ["b"]}}""", """{"a": 1}""", true)]
    [InlineData("""{"dependentSchemas": {"a": {"required": ["b"]}}}""", """{"a": 1}""", false)]
    [InlineData("""{"items": {"type": "string"}, "minItems": 1}""", "[1]", false)]
    [InlineData("""{"minItems": 1}""", "[]", false)]
    [InlineData("""{"patternProperties": {"^x-": false}}""", """{"x-a": 1}""", false)]
    [InlineData("""{"propertyNames": {"maxLength": 1}}""", """{"ab": 1}""", false)]
    [InlineData("""{"minProperties": 1}""", "{}", false)]
    public void A_value_fits_or_not(string schema, string value, bool fits)
    {
        var check = new JsonSchemaCheck(JsonNode.Parse(Root)!);
        Assert.Equal(fits, check.Violations(JsonNode.Parse(schema)!, JsonNode.Parse(value)).Count == 0);
    }

    [Fact]
    public void A_keyword_that_it_does_not_know_is_not_passed_over()
    {
        var check = new JsonSchemaCheck(new JsonObject());
        Assert.Throws<NotSupportedException>(
            () => check.Violations(new JsonObject { ["multipleOf"] = 2 }, JsonValue.Create(3)));
    }
}
