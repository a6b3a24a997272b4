using Microsoft.OpenApi;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>Adds descriptions to tags, operations, parameters, schemas and properties of the OpenAPI document.</summary>
internal static class Descriptions
{
    public static Task AddTo(OpenApiDocument document)
    {
        var used = document.Paths.Values.SelectMany(p => p.Operations!.Values).SelectMany(o => o.Tags ?? new HashSet<OpenApiTagReference>())
            .Select(t => t.Name).ToHashSet();
        document.Tags = OperationTexts.Tags.Where(t => used.Contains(t.Key))
            .Select(t => new OpenApiTag { Name = t.Key, Description = t.Value }).ToHashSet();
        foreach (var operation in document.Paths.Values.SelectMany(p => p.Operations!.Values))
        {
            if (OperationTexts.Operations.TryGetValue(operation.OperationId!, out var text))
                operation.Description = $"{text} {operation.Description}".TrimEnd();
            foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
                parameter.Description ??= Find(FieldTexts.Parameters, operation.OperationId!, parameter.Name!);
        }
        foreach (var (name, schema) in document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>())
        {
            if (string.IsNullOrEmpty(schema.Description))
                schema.Description = FieldTexts.Schemas.GetValueOrDefault(name);
            foreach (var own in (schema.AllOf ?? []).OfType<OpenApiSchema>().Append(schema))
            {
                foreach (var (property, value) in own.Properties ?? new Dictionary<string, IOpenApiSchema>())
                {
                    if (string.IsNullOrEmpty(value.Description) || value is OpenApiSchemaReference { Reference.Description: null })
                        value.Description = Find(FieldTexts.Properties, name, property) ?? value.Description;
                }
            }
        }
        return Task.CompletedTask;
    }

    private static string? Find(IReadOnlyDictionary<string, string> texts, string owner, string name) =>
        texts.TryGetValue($"{owner}.{name}", out var own) ? own : texts.GetValueOrDefault(name);
}
