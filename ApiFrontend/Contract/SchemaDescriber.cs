using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>Adds to a schema what the framework does not know: the shop's own rules, and which fields are required or never null.</summary>
internal static class SchemaDescriber
{
    /// <summary>The framework's mark for a property that may be null.</summary>
    private const string NullableNote = "x-is-nullable-property";

    public static Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        DescribeType(schema, context.JsonTypeInfo);
        var attributes = AttributesOf(context);
        foreach (var rule in attributes.OfType<IDescribesSchema>())
            rule.Describe(schema);
        // The property is declared nullable so that the shop's own validation reports a missing value.
        if (attributes.Any(a => a is RequiredAttribute))
            Require(schema);
        if (schema.MinLength == 0)
            schema.MinLength = null;
        if (schema.MaxLength is { } most && schema.Type?.HasFlag(JsonSchemaType.Object) == true)
            (schema.MaxLength, schema.MaxProperties) = (null, most);
        return Task.CompletedTask;
    }

    private static object[] AttributesOf(OpenApiSchemaTransformerContext context) =>
        context.JsonPropertyInfo is { } property ? property.AttributeProvider?.GetCustomAttributes(true) ?? []
        : context.ParameterDescription?.ParameterDescriptor is IParameterInfoParameterDescriptor { ParameterInfo: { } parameter }
            ? parameter.GetCustomAttributes(true)
        : [];

    private static void DescribeType(OpenApiSchema schema, JsonTypeInfo type)
    {
        if (schema.Enum is { Count: > 0 })
            schema.Type ??= JsonSchemaType.String;
        // Responses may get more members. Schemas of requests are closed later (OpenApiDocuments).
        schema.AdditionalPropertiesAllowed = true;
        if (type.Kind != JsonTypeInfoKind.Object || schema.Properties is not { Count: > 0 })
            return;
        schema.Required = type.Type.Name.EndsWith("Request", StringComparison.Ordinal)
            ? type.Properties.Where(p => p.AttributeProvider?.IsDefined(typeof(RequiredAttribute), true) == true)
                .Select(p => p.Name).ToHashSet()
            // Every response has all of its fields.
            : [.. schema.Properties.Keys];
    }

    private static void Require(OpenApiSchema schema)
    {
        schema.Type &= ~JsonSchemaType.Null;
        schema.Metadata?.Remove(NullableNote);
        if (schema.Type == JsonSchemaType.String && schema.Format is null && schema.MinLength is null or 0)
            schema.MinLength = 1;
    }
}
