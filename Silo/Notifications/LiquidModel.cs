using System.Text.Encodings.Web;
using Fluid;
using Fluid.Values;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Holds the values that a template can name: texts, numbers, and lists of texts or of models. A template cannot reach any other member of
/// an object. When a rendering has an encoder, every text is escaped before the template gets it, so that an HTML template never sees raw
/// input.
/// </summary>
internal sealed class LiquidModel : FluidValue
{
    // A linear search over about thirty names costs less than creating a dictionary for each mail.
    private (string Name, FluidValue Value)[] values;
    private int count;

    /// <param name="capacity">The number of names.</param>
    public LiquidModel(int capacity) => values = new (string, FluidValue)[capacity];

    public override FluidValues Type => FluidValues.Dictionary;

    public string? this[string name]
    {
        set => Set(name, value is null ? NilValue.Instance : new StringValue(value));
    }

    public void Add(string name, int? value) => Set(name, value is { } number ? NumberValue.Create((decimal)number) : NilValue.Instance);

    public void Add(string name, bool? value) => Set(name, value is { } flag ? BooleanValue.Create(flag) : NilValue.Instance);

    public void Add(string name, string[] texts) =>
        Set(name, new ArrayValue(Array.ConvertAll<string, FluidValue>(texts, static t => new StringValue(t))));

    public void Add(string name, LiquidModel[]? rows) => Set(name, rows is null ? NilValue.Instance : new ArrayValue(rows));

    /// <summary>Removes the names without a value that match the condition. The model then does not know them.</summary>
    public void RemoveMissing(Func<string, bool> condition) =>
        count = (values = [.. values.Take(count).Where(v => !(v.Value.IsNil() && condition(v.Name)))]).Length;

    public override ValueTask<FluidValue> GetValueAsync(string name, TemplateContext context)
    {
        if (IndexOf(name) is var index and >= 0)
            return new(LiquidTemplate.EscapeOf(context) is { } encoder ? Escape(values[index].Value, encoder) : values[index].Value);
        LiquidTemplate.Miss(context, name);
        return new(NilValue.Instance);
    }

    public override ValueTask<FluidValue> GetIndexAsync(FluidValue index, TemplateContext context) =>
        GetValueAsync(index.ToStringValue(), context);

    public override bool Equals(FluidValue? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override bool ToBooleanValue() => true;

    public override decimal ToNumberValue() => count;

    public override string ToStringValue() => "";

    public override object ToObjectValue() => this;

    /// <summary>Escapes a text, or the texts of a list. The models in a list escape their own values.</summary>
    private static FluidValue Escape(FluidValue value, TextEncoder encoder)
    {
        switch (value)
        {
            case StringValue text:
                var plain = text.ToStringValue();
                var encoded = encoder.Encode(plain);
                return ReferenceEquals(plain, encoded) ? value : new StringValue(encoded);
            case ArrayValue { Values: [StringValue, ..] texts }:
                var items = new FluidValue[texts.Count];
                for (var i = 0; i < items.Length; i++)
                    items[i] = Escape(texts[i], encoder);
                return new ArrayValue(items);
            default:
                return value;
        }
    }

    private void Set(string name, FluidValue value)
    {
        var index = IndexOf(name);
        if (index < 0)
        {
            if (count == values.Length)
                Array.Resize(ref values, Math.Max(4, 2 * count));
            index = count++;
        }
        values[index] = (name, value);
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < count; i++)
        {
            if (values[i].Name == name)
                return i;
        }
        return -1;
    }
}
