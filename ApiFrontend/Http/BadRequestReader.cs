using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Validation;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Finds everything that is wrong with a refused request. The framework stops at the first error. So, only for refused requests, this class
/// reads the request again: its key, each parameter, and its body field by field. It validates the readable part of the body by the rules
/// of its type.
/// </summary>
internal sealed class BadRequestReader
{
    /// <summary>The most invalid fields that are reported.</summary>
    private const int MaxErrors = 100;

    private const string Body = "body";
    private readonly Dictionary<string, ErrorText[]> errors = new(StringComparer.Ordinal);

    private BadRequestReader() { }

    /// <summary>Returns what is wrong with a request that could not be bound.</summary>
    /// <param name="context">The request; see <see cref="BufferedBodies"/>.</param>
    /// <param name="failure">The framework's exception.</param>
    public static async ValueTask<Error> ReadErrorAsync(HttpContext context, BadHttpRequestException failure)
    {
        var errors = await FindAsync(context);
        return errors.Count > 0
            ? Error.Invalid(errors)
            : Error.Invalid(
                failure.InnerException is JsonException { Path: { Length: > 2 } path } ? path[2..] : Body,
                "field.bad-body", "is missing or cannot be read");
    }

    /// <summary>Returns everything that is wrong with a request, by field; empty when nothing is.</summary>
    public static async ValueTask<IReadOnlyDictionary<string, ErrorText[]>> FindAsync(HttpContext context)
    {
        var found = new BadRequestReader();
        // The exception handler removes the endpoint from the context.
        if ((context.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? context.GetEndpoint()) is not { } endpoint)
            return found.errors;
        if (IdempotencyMiddleware.Fault(context, endpoint) is { } fault)
            found.Add(IdempotencyMiddleware.Header, fault);
        foreach (var (name, wrong) in QueryNames.Of(endpoint)?.Faults(context.Request) ?? [])
            found.Add(FieldFaults.Shown(name), wrong);
        foreach (var parameter in endpoint.Metadata.GetMetadata<MethodInfo>()?.GetParameters() ?? [])
        {
            if (QueryNames.IsQuery(parameter, endpoint) && !found.errors.ContainsKey(parameter.Name!))
                found.CheckParameter(context, parameter);
        }
        if (endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is { RequestType: { } type } accepts && context.Request.Body.CanSeek)
            await found.CheckBodyAsync(context, type, accepts.IsOptional);
        else if (context.Request.Body is { CanSeek: true, Length: > 0 } && StrictRequests.TakesNoBody(endpoint))
            await found.CheckNoBodyAsync(context);
        return found.errors;
    }

    private void CheckParameter(HttpContext context, ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (context.Request.Query[parameter.Name!].ToString() is not { Length: > 0 } text || !CanRead(type))
            return;
        if (Read(text, type) is not { } value)
        {
            Add(parameter.Name!, ErrorText.Of("field.unreadable-parameter", "cannot be read: missing or of the wrong type"));
            return;
        }
        var about = new ValidationContext(value, context.RequestServices, null)
        { MemberName = parameter.Name, DisplayName = parameter.Name! };
        // Rules answer in the client's language.
        foreach (var rule in parameter.GetCustomAttributes<ValidationAttribute>())
        {
            if (rule.GetValidationResult(value, about) is { ErrorMessage: { } message })
                Add(parameter.Name!, ErrorText.Untranslated(message));
        }
    }

    private static bool CanRead(Type type) =>
        type == typeof(string)
        || type == typeof(int)
        || type == typeof(long)
        || type == typeof(bool)
        || type == typeof(Guid)
        || type == typeof(DateTimeOffset);

    private static object? Read(string text, Type type) =>
        type == typeof(string) ? text
        : type == typeof(int) ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var small) ? small : null
        : type == typeof(long) ? long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var large) ? large : null
        : type == typeof(bool) ? bool.TryParse(text, out var yes) ? yes : null
        : type == typeof(Guid) ? Guid.TryParse(text, out var id) ? id : null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;

    private async Task CheckBodyAsync(HttpContext context, Type type, bool isOptional)
    {
        context.Request.Body.Position = 0;
        if (context.Request.Body.Length == 0 && context.Request.ContentLength is null or 0)
        {
            if (!isOptional)
                Add(Body, ErrorText.Of("field.bad-body", "is missing or cannot be read"));
            return;
        }
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        object? value;
        var before = errors.Count;
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                Add(Body, ErrorText.Of("field.bad-body", "is missing or cannot be read"));
                return;
            }
            value = TryMend(document.RootElement, json.GetTypeInfo(type), "", out var mended)
                ? mended?.Deserialize(json.GetTypeInfo(type))
                : null;
        }
        // InvalidOperationException occurs for names that are not valid text, such as half of a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            if (errors.Count == before)
                Add(Body, ErrorText.Of("field.bad-json", "The body is not valid JSON."));
            return;
        }
        if (value is not null)
            await CheckRulesAsync(context, type, value);
    }

    /// <summary>Reports each member of a body on a route without one. Blanks and an empty object are accepted.</summary>
    private async Task CheckNoBodyAsync(HttpContext context)
    {
        context.Request.Body.Position = 0;
        var before = errors.Count;
        try
        {
            if (await IsBlankAsync(context))
                return;
            context.Request.Body.Position = 0;
            using var document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                Add(Body, FieldFaults.NoBody);
            else
            {
                foreach (var property in document.RootElement.EnumerateObject())
                    AddUnknown("", property.Name, []);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            if (errors.Count == before)
                Add(Body, FieldFaults.NoBody);
        }
    }

    private static async Task<bool> IsBlankAsync(HttpContext context)
    {
        var buffer = new byte[1024];
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var count)
        {
            if (buffer.AsSpan(0, count).ContainsAnyExcept(" \t\r\n"u8))
                return false;
        }
        return true;
    }

    /// <summary>
    /// Extracts the part of a value that has the right type, and reports the rest. False when the value itself is invalid.
    /// </summary>
    private bool TryMend(JsonElement element, JsonTypeInfo type, string path, out JsonNode? mended)
    {
        mended = null;
        var inner = Nullable.GetUnderlyingType(type.Type);
        if (element.ValueKind == JsonValueKind.Null && (inner is not null || !type.Type.IsValueType))
            return true;
        if (inner is not null)
            type = type.Options.GetTypeInfo(inner);
        switch (type.Kind, element.ValueKind)
        {
            case (JsonTypeInfoKind.Object, JsonValueKind.Object):
                return TryMendObject(element, type, path, out mended);
            case (JsonTypeInfoKind.Dictionary, JsonValueKind.Object):
                var entries = new JsonObject();
                foreach (var entry in element.EnumerateObject())
                {
                    var place = $"{path}.{FieldFaults.Shown(entry.Name)}";
                    if (entries.ContainsKey(entry.Name))
                        Add(place, FieldFaults.Repeated);
                    else if (TryMend(entry.Value, type.Options.GetTypeInfo(type.ElementType!), place, out var value))
                        entries[entry.Name] = value;
                }
                mended = entries;
                return true;
            case (JsonTypeInfoKind.Enumerable, JsonValueKind.Array):
                var items = new JsonArray();
                foreach (var (index, child) in element.EnumerateArray().Index())
                {
                    if (TryMend(child, type.Options.GetTypeInfo(type.ElementType!), $"{path}[{index}]", out var item))
                        items.Add(item);
                }
                mended = items;
                return true;
            case (JsonTypeInfoKind.None, _):
                try
                {
                    element.Deserialize(type);
                    mended = JsonValue.Create(element);
                    return true;
                }
                catch (JsonException)
                {
                    break;
                }
        }
        Add(path, ErrorText.Of("field.unreadable", "cannot be read: wrong type or malformed"));
        return false;
    }

    /// <summary>Extracts the members of an object, each once, and reports unknown ones. False when a required member is missing.</summary>
    private bool TryMendObject(JsonElement element, JsonTypeInfo type, string path, out JsonNode? mended)
    {
        var fields = new JsonObject();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (type.Properties.FirstOrDefault(p => p.Name == property.Name) is not { } known)
                AddUnknown(path, property.Name, type.Properties.Select(p => p.Name));
            else if (!seen.Add(known.Name))
                Add(Within(path, known.Name), FieldFaults.Repeated);
            else if (TryMend(property.Value, type.Options.GetTypeInfo(known.PropertyType), Within(path, known.Name), out var field))
                fields[known.Name] = field;
        }
        mended = fields;
        var missing = type.Properties.Where(p => p.IsRequired && !seen.Contains(p.Name)).ToArray();
        foreach (var property in missing)
            Add(Within(path, property.Name), ErrorText.Of("field.missing", "is required"));
        // A member that cannot be read counts as missing.
        return type.Properties.All(p => !p.IsRequired || fields.ContainsKey(p.Name));
    }

    private void AddUnknown(string path, string name, IEnumerable<string> known) =>
        Add(Within(path, FieldFaults.Shown(name)), FieldFaults.UnknownField(name, known));

    private static string Within(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private async Task CheckRulesAsync(HttpContext context, Type type, object value)
    {
        // The framework's own filter validates in the same way, but only when everything could be read.
#pragma warning disable ASP0029
        var options = context.RequestServices.GetRequiredService<IOptions<ValidationOptions>>().Value;
        if (!options.TryGetValidatableTypeInfo(type, out var rules))
            return;
        var validation = new ValidateContext
        {
            ValidationOptions = options,
            ValidationContext = new ValidationContext(value, context.RequestServices, null),
        };
        await rules.ValidateAsync(value, validation, context.RequestAborted);
        var broken = validation.ValidationErrors ?? [];
#pragma warning restore ASP0029
        foreach (var (name, messages) in broken)
        {
            // A field that could not be read is not reported as missing, too.
            if (!errors.Keys.Any(e => FieldNames.IsWithin(e, FieldNames.CamelCase(name))))
                Add(FieldNames.CamelCase(name), Array.ConvertAll(messages, ErrorText.Untranslated));
        }
    }

    private void Add(string field, params ErrorText[] faults)
    {
        if (errors.Count < MaxErrors || errors.ContainsKey(field))
            errors[field] = errors.TryGetValue(field, out var others) ? [.. others.Union(faults)] : faults;
    }
}

/// <summary>Converts field names to those in problems, such as <c>shippingAddress.postalCode</c> or <c>images[0]</c>.</summary>
internal static class FieldNames
{
    /// <summary>Converts <c>ShippingAddress.PostalCode</c> to <c>shippingAddress.postalCode</c>.</summary>
    public static string CamelCase(string path) => string.Join('.', path.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));

    /// <summary>True for the field itself and for fields within its value.</summary>
    public static bool IsWithin(string path, string field) =>
        path.StartsWith(field, StringComparison.Ordinal) && (path.Length == field.Length || path[field.Length] is '.' or '[');
}
