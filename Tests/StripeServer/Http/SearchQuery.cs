using System.Globalization;
using System.Text.RegularExpressions;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting.Http;

/// <summary>
/// A query for payment intents in Stripe's search language (docs.stripe.com/search): clauses such as <c>metadata['order']:'1'</c>,
/// <c>-status:'canceled'</c> or <c>amount>=1000</c>, joined by either AND or OR. Fields: amount, created, currency, customer, status,
/// metadata.
/// </summary>
internal sealed partial class SearchQuery
{
    private readonly List<Func<PaymentIntent, bool>> clauses = [];
    private readonly bool any;

    public SearchQuery(string query)
    {
        var position = 0;
        string? joined = null;
        while (true)
        {
            var match = Clause().Match(query, position);
            if (!match.Success)
                throw Wrong(query);
            clauses.Add(Parse(match, query));
            position = match.Index + match.Length;
            if (position == query.Length)
                break;
            var join = Join().Match(query, position);
            // Space between clauses means AND.
            if (!join.Success)
                throw Wrong(query);
            var word = join.Groups["word"].Success ? join.Groups["word"].Value.ToUpperInvariant() : "AND";
            if (joined is not null && joined != word)
                throw StripeError.Invalid(
                    "We were unable to parse your search query. AND and OR cannot be combined in one query.", param: "query");
            joined = word;
            position = join.Index + join.Length;
        }
        any = joined == "OR";
    }

    public bool Matches(PaymentIntent intent) => any ? clauses.Any(c => c(intent)) : clauses.All(c => c(intent));

    private static Func<PaymentIntent, bool> Parse(Match match, string query)
    {
        var field = match.Groups["field"].Value;
        var op = match.Groups["op"].Value;
        var negated = match.Groups["not"].Success;
        var isNull = match.Groups["null"].Success;
        var text = match.Groups["text"].Success ? Regex.Replace(match.Groups["text"].Value, @"\\(.)", "$1") : match.Groups["number"].Value;
        Func<PaymentIntent, string?> read = field switch
        {
            "currency" => i => i.Currency,
            "customer" => i => i.Customer,
            "status" => i => i.Status,
            "amount" => i => i.Amount.ToString(CultureInfo.InvariantCulture),
            "created" => i => i.Created.ToString(CultureInfo.InvariantCulture),
            _ when match.Groups["key"] is { Success: true, Value: var key } => i => i.Metadata.GetValueOrDefault(key),
            _ => throw StripeError.Invalid(
                $"Field `{field}` is an unsupported search field for resource `payment_intents`. See "
                    + $"http://stripe.com/docs/search#supported-query-fields for a list of supported fields.", param: "query"),
        };
        Func<PaymentIntent, bool> matches;
        if (isNull)
        {
            matches = i => read(i) is null;
        }
        else if (op is ":" or "~")
        {
            matches = op == ":"
                ? i => string.Equals(read(i), text, StringComparison.OrdinalIgnoreCase)
                : i => read(i)?.Contains(text, StringComparison.OrdinalIgnoreCase) == true;
        }
        else if (field is "amount" or "created" && long.TryParse(text, CultureInfo.InvariantCulture, out var bound))
        {
            matches = i => (long.Parse(read(i)!, CultureInfo.InvariantCulture).CompareTo(bound), op) switch
            {
                ( < 0, "<" or "<=") or ( > 0, ">" or ">=") or (0, "<=" or ">=") => true,
                _ => false,
            };
        }
        else
        {
            throw Wrong(query);
        }
        return negated ? i => !matches(i) : matches;
    }

    private static StripeError Wrong(string query) =>
        StripeError.Invalid(
            $"We were unable to parse your search query. Try using the following format: `metadata[\"key\"]:\"value\"`, and check this: "
                + $"{query}", param: "query");

    [GeneratedRegex(
        """\G\s*(?<not>-)?(?<field>metadata\[(?:'(?<key>[^']+)'|"(?<key>[^"]+)")\]|[a-z_]+)\s*"""
            + """(?<op>:|~|<=|>=|<|>)\s*(?:(?<null>null)|'(?<text>(?:[^'\\]|\\.)*)'|"(?<text>(?:[^"\\]|\\.)*)"|(?<number>\d+))\s*""")]
    private static partial Regex Clause();

    [GeneratedRegex(@"\G(?:(?<word>AND|OR)\s+|(?=[-a-z]))", RegexOptions.IgnoreCase)]
    private static partial Regex Join();
}
