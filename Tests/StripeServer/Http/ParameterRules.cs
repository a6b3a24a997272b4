using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace SoonShop.StripeTesting.Http;

/// <summary>
/// What a URL takes, written as <c>"amount!int currency!text capture_method=automatic|manual metadata:map expand:list shipping:any"</c>:
/// a name, <c>!</c> when it is required or <c>:</c> when it is not, and its kind; or <c>=</c> and the values it may have. Whatever Stripe
/// takes beyond that is refused as unknown: what is not simulated must not look as if it were.
/// </summary>
internal sealed class ParameterRules
{
    private const int MaxMetadata = 50, MaxMetadataKey = 40, MaxMetadataValue = 500, MaxText = 5000;
    private readonly FrozenDictionary<string, Rule> rules;

    public ParameterRules(string text) => rules = (text + " expand:list").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(Rule.Parse).ToFrozenDictionary(r => r.Name);

    /// <summary>Throws for the first thing that is wrong.</summary>
    public void Check(Form form)
    {
        foreach (var (name, values) in form.All)
        {
            var top = name.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket ? name[..bracket] : name;
            if (rules.TryGetValue(name, out var rule) || (name.EndsWith("[]", StringComparison.Ordinal)
                && rules.TryGetValue(name[..^2], out rule)
                && rule.Kind is "list" or "map" or "any"))
                CheckValue(rule!, name, values[^1]);
            else if (!(rules.TryGetValue(top, out rule) && rule.Kind is "map" or "time" or "any"))
                throw Unknown(name);
            else
                CheckNested(rule!, name, values[^1]);
        }
        foreach (var rule in rules.Values.Where(r => r.Required && !form.Has(r.Name)))
            throw StripeError.MissingParameter(rule.Name);
        if (form.Map("metadata").Count() > MaxMetadata)
            throw StripeError.Invalid($"You can only specify up to {MaxMetadata} metadata keys.", param: "metadata");
    }

    private static StripeError Unknown(string name) =>
        StripeError.Invalid($"Received unknown parameter: {name}", "parameter_unknown", name);

    private static void CheckValue(Rule rule, string name, string value)
    {
        if (rule.Kind is "map" or "any" && value.Length > 0 && !name.EndsWith("[]", StringComparison.Ordinal))
            throw StripeError.Invalid($"Invalid object", param: name);
        if (rule.Kind is "list" && !name.EndsWith("[]", StringComparison.Ordinal))
            throw StripeError.Invalid("Invalid array", param: name);
        if (value.Length == 0 && rule.Kind is "int" or "bool" or "id" || (value.Length == 0 && (rule.Required || rule.Values.Length > 0)))
            throw StripeError.Invalid(
                $"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' "
                    + $"cannot be unset. You should remove '{name}' from your request or supply a non-empty value.",
                    "parameter_invalid_empty", name);
        if (rule.Kind is "int" or "time" && !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            throw StripeError.Invalid($"Invalid integer: {value}", "parameter_invalid_integer", name);
        if (rule.Kind == "bool" && value is not ("true" or "false"))
            throw StripeError.Invalid($"Invalid boolean: {value}", param: name);
        if (rule.Values.Length > 0 && !rule.Values.Contains(value))
            throw StripeError.Invalid($"Invalid {name}: must be one of {OneOf(rule.Values)}", param: name);
        if (value.Length > MaxText)
            throw StripeError.Invalid($"Invalid string: {value[..20]}...; must be at most {MaxText} characters", param: name);
    }

    private static void CheckNested(Rule rule, string name, string value)
    {
        if (rule.Kind == "time")
        {
            if (name[(rule.Name.Length + 1)..] is not ("gt]" or "gte]" or "lt]" or "lte]"))
                throw Unknown(name);
            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                throw StripeError.Invalid($"Invalid integer: {value}", "parameter_invalid_integer", name);
        }
        if (rule.Kind != "map")
            return;
        var key = name[(rule.Name.Length + 1)..^1];
        if (key.Length == 0 || key.AsSpan().ContainsAny('[', ']'))
            throw StripeError.Invalid($"Metadata keys cannot contain square brackets ([]), and cannot be empty.", param: name);
        if (key.Length > MaxMetadataKey)
            throw StripeError.Invalid(
                $"Metadata keys must be at most {MaxMetadataKey} characters; '{key}' has {key.Length}.", param: rule.Name);
        if (value.Length > MaxMetadataValue)
            throw StripeError.Invalid(
                $"Metadata values can have up to {MaxMetadataValue} characters, but you passed in a value that is {value.Length} "
                    + $"characters. Invalid value: {value[..20]}...", param: name);
    }

    private static string OneOf(string[] values)
    {
        if (values.Length == 1)
            return values[0];
        var text = new StringBuilder().AppendJoin(", ", values[..^1]);
        return text.Append(values.Length > 2 ? ", or " : " or ").Append(values[^1]).ToString();
    }

    private sealed record Rule(string Name, bool Required, string Kind, string[] Values)
    {
        public static Rule Parse(string text)
        {
            var mark = text.AsSpan().IndexOfAny("!:=");
            var rest = text[(mark + 1)..];
            return text[mark] == '='
                ? new Rule(text[..mark], false, "text", rest.Split('|'))
                : new Rule(text[..mark], text[mark] == '!', rest, []);
        }
    }
}
