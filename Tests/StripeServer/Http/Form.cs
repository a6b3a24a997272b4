using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace SoonShop.StripeTesting.Http;

/// <summary>
/// The parameters of a request, by their names as they are sent: <c>amount</c>, <c>metadata[order]</c>,
/// <c>payment_method_options[card][request_three_d_secure]</c>. Elements of a list are kept together under <c>expand[]</c>, however they
/// were numbered.
/// </summary>
internal sealed class Form
{
    /// <summary>More parameters than this in one request are refused.</summary>
    public const int MaxParameters = 1000;

    private readonly SortedDictionary<string, List<string>> values = new(StringComparer.Ordinal);

    /// <summary>Every name with its values, sorted by name.</summary>
    public IEnumerable<KeyValuePair<string, List<string>>> All => values;

    /// <summary>The last value of a name; null when it was not sent.</summary>
    public string? this[string name] => values.TryGetValue(name, out var list) ? list[^1] : null;

    /// <summary>True when a parameter, or anything nested in it, was sent.</summary>
    public bool Has(string name) => values.ContainsKey(name) || values.Keys.Any(k => k.StartsWith(name + "[", StringComparison.Ordinal));

    /// <summary>The elements of a list parameter.</summary>
    public IReadOnlyList<string> List(string name) => values.TryGetValue(name + "[]", out var list) ? list : [];

    /// <summary>What is nested directly in a parameter, by its key.</summary>
    public IEnumerable<(string Key, string Value)> Map(string name) =>
        from pair in values
        where pair.Key.StartsWith(name + "[", StringComparison.Ordinal)
            && pair.Key.IndexOf(']', StringComparison.Ordinal) == pair.Key.Length - 1
        select (pair.Key[(name.Length + 1)..^1], pair.Value[^1]);

    /// <summary>A parameter, which then is no longer among the others.</summary>
    public string? Take(string name)
    {
        var value = this[name];
        values.Remove(name);
        return value;
    }

    /// <summary>One text for all parameters: two requests with the same text ask for the same.</summary>
    public string Fingerprint() =>
        string.Join('&', values.SelectMany(p => p.Value.Select(v => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(v)}")));

    public static async Task<Form> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var form = new Form();
        foreach (var (name, sent) in request.Query)
            form.Add(name, sent);
        if (HttpMethods.IsGet(request.Method) || (request.ContentLength ?? 0) == 0 && !request.Headers.ContainsKey("Transfer-Encoding"))
            return form;
        if (!request.HasFormContentType)
            throw StripeError.Invalid($"Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you "
                + $"have any questions, we can help at https://support.stripe.com/.");
        try
        {
            using var reader = new FormReader(request.Body)
            { ValueCountLimit = MaxParameters, KeyLengthLimit = 500, ValueLengthLimit = 100_000 };
            foreach (var (name, sent) in await reader.ReadFormAsync(cancellation))
                form.Add(name, sent);
        }
        catch (InvalidDataException limit)
        {
            throw StripeError.Invalid($"Invalid request: {limit.Message}");
        }
        return form;
    }

    private void Add(string name, StringValues sent)
    {
        name = Normalized(name);
        if (!values.TryGetValue(name, out var list))
            values[name] = list = [];
        foreach (var value in sent)
            list.Add(value ?? "");
    }

    /// <summary><c>expand[0]</c> as <c>expand[]</c>; a name whose brackets do not match stays as it is, and is unknown.</summary>
    private static string Normalized(string name)
    {
        var open = name.LastIndexOf('[');
        return open > 0
            && name[^1] == ']'
            && name.AsSpan(open + 1, name.Length - open - 2) is { Length: > 0 } key
            && !key.ContainsAnyExceptInRange('0', '9')
            && !name.StartsWith("metadata[", StringComparison.Ordinal)
            ? name[..open] + "[]"
            : name;
    }
}
