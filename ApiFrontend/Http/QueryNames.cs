using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// The query parameters of a route's handler. A request with an unknown parameter is refused: a misspelt filter must not return everything.
/// Names are case-sensitive, like the members of bodies.
/// </summary>
internal sealed class QueryNames
{
    private const int MaxDepth = 3;

    private static readonly ConditionalWeakTable<Endpoint, QueryNames> Known = new();

    private readonly ImmutableArray<(string Name, bool IsList)> names;

    private readonly NamedFilters? filters;

    private QueryNames(ImmutableArray<(string Name, bool IsList)> names, NamedFilters? filters) =>
        (this.names, this.filters) = (names, filters);

    /// <summary>Returns the names of an endpoint; null when any name is allowed, or when there is no handler.</summary>
    public static QueryNames? Of(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<MethodInfo>() is null || endpoint.Metadata.GetMetadata<AnyQuery>() is not null
            ? null
            : Known.GetValue(endpoint, Read);

    /// <summary>Returns what is wrong with the names of a request's query: unknown and duplicate ones.</summary>
    public IEnumerable<(string Name, ErrorText Fault)> Faults(HttpRequest request)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        var filterCount = 0;
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            var name = pair.DecodeName().ToString();
            if (name.Length == 0)
                yield return ("query", FieldFaults.Nameless);
            else if (filters?.Has(name) == true)
            {
                if (filters.Fault(name, pair.DecodeValue().ToString(), ++filterCount) is { } fault)
                    yield return (name, fault);
            }
            else if (!names.Any(n => n.Name == name))
                yield return (name, FieldFaults.UnknownParameter(name, names.Select(n => n.Name)));
            else if (!given.Add(name) && !names.First(n => n.Name == name).IsList)
                yield return (name, FieldFaults.Repeated);
        }
    }

    /// <summary>True for a parameter that is bound from the query.</summary>
    public static bool IsQuery(ParameterInfo parameter, Endpoint endpoint) =>
        IsSimple(parameter.ParameterType)
        && !parameter.GetCustomAttributes().Any(a =>
            a is IFromRouteMetadata or IFromHeaderMetadata or IFromBodyMetadata or IFromServiceMetadata or IFromFormMetadata)
        && (endpoint as RouteEndpoint)?.RoutePattern.Parameters.Any(p => p.Name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase))
            != true;

    private static QueryNames Read(Endpoint endpoint) =>
        new(
            [.. Read(endpoint.Metadata.GetMetadata<MethodInfo>()!.GetParameters(), endpoint, MaxDepth)],
            endpoint.Metadata.GetMetadata<NamedFilters>());

    private static IEnumerable<(string, bool)> Read(IEnumerable<ParameterInfo> parameters, Endpoint endpoint, int depth)
    {
        foreach (var parameter in parameters)
        {
            if (parameter.IsDefined(typeof(AsParametersAttribute)) && depth > 0)
            {
                foreach (var inner in Read(
                    parameter.ParameterType.GetConstructors().MaxBy(c => c.GetParameters().Length)!.GetParameters(), endpoint, depth - 1))
                    yield return inner;
            }
            else if (IsQuery(parameter, endpoint))
                yield return (
                    parameter.GetCustomAttributes().OfType<IFromQueryMetadata>().FirstOrDefault()?.Name ?? parameter.Name!,
                    parameter.ParameterType.IsArray);
        }
    }

    private static bool IsSimple(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type.IsEnum || (type.IsArray && IsSimple(type.GetElementType()!))
            || Array.Exists(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IParsable<>));
    }
}

/// <summary>
/// Allows a route's query parameters whose names begin alike and end as data says, such as <c>attr.colour</c>. Each may be repeated.
/// </summary>
/// <param name="Prefix">The beginning of the names.</param>
/// <param name="MaxNameLength">The most characters after the prefix.</param>
/// <param name="MaxValueLength">The most characters of a value.</param>
/// <param name="MaxCount">The most such parameters of a request.</param>
internal sealed record NamedFilters(string Prefix, int MaxNameLength, int MaxValueLength, int MaxCount)
{
    /// <summary>True for the name of such a parameter.</summary>
    public bool Has(string name) => name.Length > Prefix.Length && name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Returns the names without the prefix and the values of a request.</summary>
    public IEnumerable<(string Name, string Value)> Read(HttpRequest request)
    {
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            var name = pair.DecodeName().ToString();
            if (Has(name))
                yield return (name[Prefix.Length..], pair.DecodeValue().ToString());
        }
    }

    /// <summary>Returns what is wrong with one of them; null when nothing is.</summary>
    public ErrorText? Fault(string name, string value, int count) =>
        count > MaxCount ? ErrorText.Of("field.many-filters", $"is one filter too many; send at most {MaxCount}")
        : name.Length - Prefix.Length > MaxNameLength
            ? ErrorText.Of("field.filter-name", $"must have at most {MaxNameLength} characters after {Prefix}")
        : value.Length > MaxValueLength ? ErrorText.Of("field.filter-value", $"must be at most {MaxValueLength} characters")
        : Text.IsLine(value) && Text.IsLine(name) ? null
        : ErrorText.Of("field.control-characters", "must not contain control characters");
}

/// <summary>Marks a route whose query may contain anything, because it is not the shop's.</summary>
internal sealed class AnyQuery;

/// <summary>Marks a route whose handler reads the body itself.</summary>
internal sealed class RawBody;

/// <summary>Messages about names, as in the English texts.</summary>
internal static class FieldFaults
{
    /// <summary>Longer names are truncated in messages, and are not compared with known names.</summary>
    private const int MaxLength = 100;

    public static readonly ErrorText Nameless = ErrorText.Of("field.nameless", "has a parameter without a name");
    public static readonly ErrorText Repeated = ErrorText.Of("field.repeated", "is given more than once");
    public static readonly ErrorText NoBody = ErrorText.Of("field.no-body", "is not accepted here; send no body");

    public static ErrorText UnknownParameter(string name, IEnumerable<string> known) => Nearest(name, known) is { } nearest
        ? ErrorText.Of("field.unknown-parameter-like", $"is not a known parameter; did you mean {nearest}?")
        : ErrorText.Of("field.unknown-parameter", "is not a known parameter");

    public static ErrorText UnknownField(string name, IEnumerable<string> known) => Nearest(name, known) is { } nearest
        ? ErrorText.Of("field.unknown-like", $"is not a known field; did you mean {nearest}?")
        : ErrorText.Of("field.unknown", "is not a known field");

    public static ErrorText NeededUnless(params string[] others)
    {
        var given = others.Select(ErrorText.Untranslated).Aggregate((one, other) => ErrorText.Of("field.or", $"{one} or {other}"));
        return ErrorText.Of("field.either", $"is required unless {given} is given");
    }

    public static ErrorText NotWith(string other) => ErrorText.Of("field.not-both", $"cannot be combined with {other}");

    /// <summary>Returns a name as messages show it.</summary>
    public static string Shown(string name) =>
        name.Length <= MaxLength
            ? name
            : string.Concat(name.AsSpan(0, char.IsHighSurrogate(name[MaxLength - 1]) ? MaxLength - 1 : MaxLength), "…");

    /// <summary>Returns the most similar known name, if it differs in at most one of three letters, ignoring case.</summary>
    private static string? Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length > MaxLength)
            return null;
        var (nearest, distance) = known.Select(k => (Name: k, Distance: Distance(name.ToLowerInvariant(), k.ToLowerInvariant())))
            .DefaultIfEmpty((Name: "", Distance: int.MaxValue)).MinBy(k => k.Distance);
        return distance <= nearest.Length / 3 ? nearest : null;
    }

    /// <summary>Returns the number of letters to insert, remove, replace or swap with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[a.Length, b.Length];
    }
}
