namespace SoonShop.Privacy;

/// <summary>
/// Marks a property of an event as personal data. When the person's account is erased, it is overwritten in every stored event. Whoever
/// adds a property to an event decides here, and only here, whether it is personal data.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PersonalAttribute : Attribute
{
    /// <summary>True for data that not even the person may see, such as a token.</summary>
    public bool IsSecret { get; init; }
}
