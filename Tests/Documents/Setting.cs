using System.Collections;
using System.Globalization;
using System.Reflection;

namespace SoonShop.Tests.Documents;

/// <summary>One configuration key, as reflection over an options class finds it.</summary>
/// <param name="Key">Such as <c>Checkout:CheckoutDueSeconds</c>; parts in angle brackets are names of the reader's choice.</param>
/// <param name="Type">The type of its value; of a list, the type of the list.</param>
/// <param name="Default">The value of a new instance of the options class.</param>
/// <param name="Meaning">The comment of the property.</param>
internal sealed record Setting(string Key, Type Type, object? Default, string Meaning)
{
    /// <summary>The values of an enumeration; otherwise empty.</summary>
    public string[] Choices => Type.IsEnum ? Enum.GetNames(Type) : [];

    /// <summary>True for integers and fractions.</summary>
    public bool IsNumber => Type == typeof(int) || Type == typeof(long) || Type == typeof(double);

    /// <summary>The type in words.</summary>
    public string TypeText =>
        Type == typeof(bool) ? "boolean"
        : Type == typeof(int) || Type == typeof(long) ? "integer"
        : Type == typeof(double) ? "number"
        : Type == typeof(DateTimeOffset) ? "time (RFC 3339)"
        : Type.IsEnum ? string.Join(", ", Choices.Select(c => $"`{c}`"))
        : Type != typeof(string) && Type.IsAssignableTo(typeof(IEnumerable)) ? "list"
        : "text";

    /// <summary>The default in words; a dash when there is none.</summary>
    public string DefaultText => Default switch
    {
        null or "" => "–",
        bool yes => yes ? "`true`" : "`false`",
        string or Enum => $"`{Default}`",
        IEnumerable => "–",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => "–",
    };

    /// <summary>
    /// The settings of an options object, in the order of its properties; those of nested sections are left to <paramref name="sections"/>.
    /// </summary>
    public static IEnumerable<Setting> Of(string path, object options, List<(string Path, object Options)> sections)
    {
        foreach (var property in options.GetType().GetProperties().Where(IsBound).OrderBy(p => p.MetadataToken))
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var (key, value) = ($"{path}:{property.Name}", property.GetValue(options));
            if (IsPlain(type) || IsList(type))
            {
                // A list names values that another key describes.
                var words = type.IsEnum ? type.GetFields(BindingFlags.Public | BindingFlags.Static) : [];
                var choices = string.Concat(words.Select(f => $" `{f.Name}`: {XmlComments.Of(f)}"));
                yield return new Setting(IsList(type) ? $"{key}:<n>" : key, type, value, XmlComments.Of(property) + choices);
            }
            else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>))
            {
                var item = type.GetGenericArguments()[1];
                var place = property.Name.EndsWith("ByCountry", StringComparison.Ordinal) ? "<country>" : "<name>";
                if (IsPlain(item))
                {
                    yield return new Setting($"{key}:{place}", item, null, XmlComments.Of(property));
                    continue;
                }
                var first = XmlComments.Of(property) + " ";
                foreach (var setting in Of($"{key}:{place}", Activator.CreateInstance(item)!, sections))
                {
                    yield return setting with { Meaning = first + setting.Meaning };
                    first = "";
                }
            }
            else if (XmlComments.Of(type).StartsWith("Configuration section", StringComparison.Ordinal))
                sections.Add((key, value!));
            else
            {
                var first = XmlComments.Of(property) + " ";
                foreach (var setting in Of(key, value!, sections))
                {
                    yield return setting with { Meaning = first + setting.Meaning };
                    first = "";
                }
            }
        }
    }

    private static bool IsBound(PropertyInfo property) =>
        property.GetMethod is { IsPublic: true }
        && (property.SetMethod is { IsPublic: true } || property.PropertyType.IsAssignableTo(typeof(IDictionary)));

    private static bool IsPlain(Type type) => type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(DateTimeOffset);

    private static bool IsList(Type type) => type.IsArray || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>));
}
